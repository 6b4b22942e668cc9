using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>The cells of LSTM, GRU and RNN; formulas of ONNX, docs/Operators.md (f, g, h are the activation functions in their order).</summary>
internal static class RecurrentOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        new("LSTM", c => RecurrentLayer.Run(c, 4, ["Sigmoid", "Tanh", "Tanh"], hasCell: true, direction => Lstm(c.Node, direction)))
        {
            Outputs = 3,
            Refuse = (node, opset) => Refuse(node, opset, 3),
        },
        new("GRU", c => RecurrentLayer.Run(c, 3, ["Sigmoid", "Tanh"], hasCell: false, direction => Gru(c.Node, direction)))
        {
            Outputs = 2,
            Refuse = (node, opset) => Refuse(node, opset, 2),
        },
        new("RNN", c => RecurrentLayer.Run(c, 1, ["Tanh"], hasCell: false, direction => Rnn(c.Node, direction)))
        {
            Outputs = 2,
            Refuse = (node, opset) => Refuse(node, opset, 1),
        },
    ];

    private static Tensor? Both(Tensor? biases) => biases is null ? null : biases[0] + biases[1];

    private static string? Refuse(Node node, long opset, int activations) =>
        opset < 7 ? "the form before opset 7"
        : node.String("direction", "forward") is not ("forward" or "reverse" or "bidirectional") ? "the direction is not known"
        : RecurrentActivations.Refuse(node, activations, RecurrentLayer.Directions(node));

    // Gates i, o, f, c; peepholes i, o, f. With input_forget, f = 1 - i. The clip holds for the sums of the gates; ONNX Runtime leaves the cell state
    // in front of h as it is.
    private static Func<Tensor, CellState, CellState> Lstm(Node node, RecurrentDirection d)
    {
        Func<Tensor, Tensor> clip = RecurrentLayer.Clip(node);
        (Func<Tensor, Tensor> f, Func<Tensor, Tensor> g, Func<Tensor, Tensor> h) = (d.Activate[0], d.Activate[1], d.Activate[2]);
        bool coupled = node.Int("input_forget", 0) != 0;
        Tensor? bias = Both(d.Bias);
        Tensor[]? peep = d.Peepholes?.chunk(3);
        return (x, state) =>
        {
            Tensor sums = x + state.Hidden.matmul(d.Recurrence);
            Tensor[] gate = (bias is null ? sums : sums + bias).chunk(4, 1);
            Tensor Peep(Tensor sum, int which, Tensor cell) => peep is null ? sum : sum + peep[which] * cell;
            Tensor input = f(clip(Peep(gate[0], 0, state.Cell!)));
            Tensor forget = coupled ? 1 - input : f(clip(Peep(gate[2], 2, state.Cell!)));
            Tensor next = forget * state.Cell! + input * g(clip(gate[3]));
            return new(f(clip(Peep(gate[1], 1, next))) * h(next), next);
        };
    }

    // Gates z, r, h. With linear_before_reset the reset gate acts on the product of the recurrence, its bias included.
    private static Func<Tensor, CellState, CellState> Gru(Node node, RecurrentDirection d)
    {
        Func<Tensor, Tensor> clip = RecurrentLayer.Clip(node);
        (Func<Tensor, Tensor> f, Func<Tensor, Tensor> g) = (d.Activate[0], d.Activate[1]);
        bool linear = node.Int("linear_before_reset", 0) != 0;
        long hidden = d.Hidden;
        Tensor ofGates = d.Recurrence.narrow(1, 0, 2 * hidden), ofCandidate = d.Recurrence.narrow(1, 2 * hidden, hidden);
        Tensor? gateBias = Both(d.Bias)?.narrow(0, 0, 2 * hidden);
        Tensor? inputBias = d.Bias?[0].narrow(0, 2 * hidden, hidden), hiddenBias = d.Bias?[1].narrow(0, 2 * hidden, hidden);
        Tensor Plus(Tensor x, Tensor? bias) => bias is null ? x : x + bias;
        return (x, state) =>
        {
            Tensor[] gate = f(clip(Plus(x.narrow(1, 0, 2 * hidden) + state.Hidden.matmul(ofGates), gateBias))).chunk(2, 1);
            (Tensor update, Tensor reset) = (gate[0], gate[1]);
            Tensor recurrent = linear
                ? reset * Plus(state.Hidden.matmul(ofCandidate), hiddenBias)
                : Plus((reset * state.Hidden).matmul(ofCandidate), hiddenBias);
            Tensor candidate = g(clip(Plus(x.narrow(1, 2 * hidden, hidden) + recurrent, inputBias)));
            return new((1 - update) * candidate + update * state.Hidden, null);
        };
    }

    private static Func<Tensor, CellState, CellState> Rnn(Node node, RecurrentDirection d)
    {
        Func<Tensor, Tensor> clip = RecurrentLayer.Clip(node);
        Tensor? bias = Both(d.Bias);
        return (x, state) =>
        {
            Tensor sum = x + state.Hidden.matmul(d.Recurrence);
            return new(d.Activate[0](clip(bias is null ? sum : sum + bias)), null);
        };
    }
}
