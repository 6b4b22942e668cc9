using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Scan: a body over the slices of some inputs, with a state that is carried along (ONNX, docs/Operators.md; docs/Changelog.md for opset 8).</summary>
internal static class ScanOperator
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        new("Scan", c => c.Opset < 9 ? Batched(c) : Scan(c, [.. c.All()], "scan_input_directions"))
        {
            Outputs = int.MaxValue,
            Refuse = (node, opset) => opset < 9 && node.Inputs is [not null, ..] ? "lengths of sequences (opset 8)" : null,
        },
    ];

    // Opset 8: a batch in front of everything, states and sequences, and the axis of time behind it.
    private static Tensor?[] Batched(LoweringCall c)
    {
        Tensor[] inputs = [.. Enumerable.Range(1, c.Count - 1).Select(i => c.Optional(i) ?? throw c.Fail($"input {i} is missing"))];
        if (inputs.Length == 0) throw c.Fail("no inputs");
        List<Tensor?[]> samples = [];
        for (long b = 0; b < inputs[0].shape[0]; b++) samples.Add(Scan(c, [.. inputs.Select(t => t[b])], "directions"));
        if (samples.Count == 0) throw c.Fail("an empty batch");
        return [.. Enumerable.Range(0, samples[0].Length).Select(i => stack(samples.Select(s => s[i]!)))];
    }

    private static Tensor?[] Scan(LoweringCall c, Tensor[] inputs, string directions)
    {
        Graph body = c.Body("body");
        int scans = (int)c.Node.Int("num_scan_inputs", 0), states = inputs.Length - scans, lists = body.Outputs.Count - states;
        if (scans < 1 || states < 0 || lists < 0) throw c.Fail($"{scans} of {inputs.Length} inputs are scanned, the body has {body.Outputs.Count} outputs");
        long At(string name, int index) => c.Node.Ints(name) is { } list && index < list.Count ? list[index] : 0;
        Tensor[] sequences = [.. inputs.Skip(states).Select((t, i) => t.movedim([c.Axis(At("scan_input_axes", i), t.dim())], [0]))];
        long length = sequences[0].shape[0];
        if (sequences.Any(s => s.shape[0] != length)) throw c.Fail("sequences of different length");
        List<Tensor> state = [.. inputs.Take(states)];
        List<List<Tensor>> slices = [.. Enumerable.Range(0, lists).Select(_ => new List<Tensor>())];
        for (long t = 0; t < length; t++)
        {
            using var scope = NewDisposeScope();
            IReadOnlyList<Tensor> results = c.RunBody(body, [.. state, .. sequences.Select((s, i) => s[At(directions, i) != 0 ? length - 1 - t : t])]);
            state = [.. results.Take(states).Select(r => r.MoveToOuterDisposeScope())];
            for (int l = 0; l < lists; l++) slices[l].Add(results[states + l].MoveToOuterDisposeScope());
        }
        return [.. state, .. slices.Select((list, l) => Joined(c, body.Outputs[states + l], list, At("scan_output_directions", l) != 0, At("scan_output_axes", l)))];
    }

    private static Tensor Joined(LoweringCall c, Value slice, List<Tensor> list, bool backwards, long axis)
    {
        if (list.Count == 0) return ControlFlow.Empty(c, slice);
        if (backwards) list.Reverse();
        return stack(list, c.Axis(axis, list[0].dim() + 1));
    }
}
