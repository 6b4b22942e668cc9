using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>One direction of a recurrent layer: its weights, and what surrounds the cell.</summary>
/// <param name="Projected">Inputs times input weights, biases not included: [steps, batch, gates · hidden].</param>
/// <param name="Recurrence">Transposed recurrence weights [hidden, gates · hidden].</param>
/// <param name="Bias">Biases of the input side and of the recurrence [2, gates · hidden], or <see langword="null"/>.</param>
/// <param name="Peepholes">Peephole weights [3 · hidden] of an LSTM, or <see langword="null"/>.</param>
/// <param name="Activate">Activation functions.</param>
/// <param name="Hidden">Hidden size.</param>
internal sealed record RecurrentDirection(Tensor Projected, Tensor Recurrence, Tensor? Bias, Tensor? Peepholes, Func<Tensor, Tensor>[] Activate, long Hidden);

/// <summary>State of a cell: the hidden state, and for an LSTM the cell state.</summary>
internal readonly record struct CellState(Tensor Hidden, Tensor? Cell);

/// <summary>
/// Runs LSTM, GRU and RNN (ONNX, docs/Operators.md, opset 7 to 22): the projection of the inputs at once, then a loop over time.
/// </summary>
/// <remarks>
/// A sample whose sequence has ended keeps its state and gives zeros; backwards, one that has not begun yet does. So no sequence has to be
/// turned around in memory.
/// </remarks>
internal static class RecurrentLayer
{
    /// <summary>Outputs Y, Y_h and, for a cell with a second state, Y_c.</summary>
    /// <param name="c">The call; inputs X, W, R, B, sequence_lens, initial_h as in all three operators.</param>
    /// <param name="gates">Blocks of hidden size in W and R.</param>
    /// <param name="activations">Default activation functions.</param>
    /// <param name="hasCell">The cell has a second state, with initial_c at input 6 and peepholes at 7.</param>
    /// <param name="begin">Gives the step function of a direction: projected input of a step and state → next state.</param>
    internal static Tensor?[] Run(
        LoweringCall c, int gates, IReadOnlyList<string> activations, bool hasCell, Func<RecurrentDirection, Func<Tensor, CellState, CellState>> begin)
    {
        bool batchFirst = c.Node.Int("layout", 0) != 0;
        Tensor x = batchFirst ? c[0].transpose(0, 1) : c[0];
        if (x.dim() != 3 || c[1].dim() != 3 || c[2].dim() != 3) throw c.Fail("X, W and R need three axes");
        (long steps, long batch, long width, long hidden) = (x.shape[0], x.shape[1], x.shape[2], c[2].shape[2]);
        int directions = Directions(c.Node);
        Expect(c, 1, directions, gates * hidden, width);
        Expect(c, 2, directions, gates * hidden, hidden);
        Expect(c, 3, directions, 2 * gates * hidden);
        Expect(c, 4, batch);
        if (c.Node.Int("hidden_size", hidden) is var declared && declared != hidden) throw c.Fail($"hidden_size is {declared}, the weights are for {hidden}");
        long[] state = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
        Expect(c, 5, state);
        if (hasCell)
        {
            Expect(c, 6, state);
            Expect(c, 7, directions, 3 * hidden);
        }
        Tensor? ends = c.Optional(4)?.to(int64).unsqueeze(1);
        Func<Tensor, Tensor>[] functions = RecurrentActivations.Of(c.Node, activations, directions);
        List<Tensor> all = [], lastHidden = [], lastCell = [];
        for (int d = 0; d < directions; d++)
        {
            RecurrentDirection direction = new(
                x.matmul(c[1][d].t()), c[2][d].t(), c.Optional(3)?[d].reshape(2, gates * hidden), hasCell ? c.Optional(7)?[d] : null,
                [.. functions.Skip(d * activations.Count).Take(activations.Count)], hidden);
            Tensor Initial(int input) => c.Optional(input) is { } given ? (batchFirst ? given.select(1, d) : given[d]) : zeros([batch, hidden], x.dtype);
            CellState first = new(Initial(5), hasCell ? Initial(6) : null);
            bool backwards = d == 1 || c.Node.String("direction", "forward") == "reverse";
            (List<Tensor> outputs, CellState last) = Loop(direction, first, begin(direction), ends, backwards);
            all.Add(outputs.Count == 0 ? zeros([0, batch, hidden], x.dtype) : stack(outputs));
            lastHidden.Add(last.Hidden);
            if (hasCell) lastCell.Add(last.Cell!);
        }
        Tensor y = stack(all, 1);
        Tensor Last(List<Tensor> states) => stack(states, batchFirst ? 1 : 0);
        return [batchFirst ? y.permute(2, 0, 1, 3) : y, Last(lastHidden), .. hasCell ? [Last(lastCell)] : Array.Empty<Tensor?>()];
    }

    /// <summary>Directions of <paramref name="node"/>: 1 or 2.</summary>
    internal static int Directions(Node node) => node.String("direction", "forward") == "bidirectional" ? 2 : 1;

    /// <summary>Keeps the input of an activation within ±<c>clip</c>, where there is one.</summary>
    internal static Func<Tensor, Tensor> Clip(Node node) => node.Float("clip", 0) is > 0 and var limit ? x => x.clamp(-limit, limit) : x => x;

    private static (List<Tensor> Outputs, CellState Last) Loop(
        RecurrentDirection direction, CellState state, Func<Tensor, CellState, CellState> step, Tensor? ends, bool backwards)
    {
        long steps = direction.Projected.shape[0];
        List<Tensor> outputs = [];
        for (long i = 0; i < steps; i++)
        {
            // What a step leaves behind is freed at once; a long sequence would hold it all otherwise.
            using var scope = NewDisposeScope();
            long t = backwards ? steps - 1 - i : i;
            CellState next = step(direction.Projected[t], state);
            Tensor output = next.Hidden;
            if (ends is not null)
            {
                Tensor runs = ends > t;
                output = where(runs, next.Hidden, zeros_like(next.Hidden));
                next = new(where(runs, next.Hidden, state.Hidden), next.Cell is null ? null : where(runs, next.Cell, state.Cell!));
            }
            outputs.Add(output.MoveToOuterDisposeScope());
            state = new(ReferenceEquals(next.Hidden, output) ? output : next.Hidden.MoveToOuterDisposeScope(), next.Cell?.MoveToOuterDisposeScope());
        }
        if (backwards) outputs.Reverse();
        return (outputs, state);
    }

    private static void Expect(LoweringCall c, int input, params long[] shape)
    {
        if (c.Optional(input) is { } tensor && !tensor.shape.SequenceEqual(shape))
            throw c.Fail($"input {input} is [{string.Join(", ", tensor.shape)}] instead of [{string.Join(", ", shape)}]");
    }
}
