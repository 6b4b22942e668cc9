using PruneTasks.Onnx;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Attention in which some dimensions cannot be removed one by one.</summary>
public enum DoubtfulAttention
{
    /// <summary>All query heads share one key and one value head.</summary>
    MultiQuery,

    /// <summary>Keys and values of one head are expanded to all query heads.</summary>
    ExpandedHeads,

    /// <summary>Queries and keys are rotated by position.</summary>
    Rotary,

    /// <summary>Queries and keys are normalised per head.</summary>
    NormalisedQueries,

    /// <summary>One weight makes queries and keys.</summary>
    SharedWeight,

    /// <summary>Scores are the sum of two products.</summary>
    TwoProducts,

    /// <summary>A layer of its own for every head, joined by Concat.</summary>
    HeadByHead,

    /// <summary>com.microsoft.Attention.</summary>
    Fused,

    /// <summary>com.microsoft.MultiHeadAttention.</summary>
    FusedHeads,
}

internal sealed partial class TransformerGraph
{
    private Value Doubtful(Value x, DoubtfulAttention doubt)
    {
        Value Project() => Head(Linear(x, Width, Width, true));
        Value Weigh(Value q, Value k, Value v) => Merge(Op("MatMul", [Softmax(Op("MatMul", [q, Permute(k, 0, 1, 3, 2)])), v]), true);
        switch (doubt)
        {
            case DoubtfulAttention.MultiQuery:
            case DoubtfulAttention.ExpandedHeads:
            {
                Value One()
                {
                    Value one = Unsqueeze(Linear(x, Width, HeadSize, true), 1);
                    return doubt == DoubtfulAttention.MultiQuery ? one : Op("Expand", [one, Ints(1, Heads, 1, 1)]);
                }
                return Weigh(Project(), One(), One());
            }
            case DoubtfulAttention.Rotary:
            {
                Value cos = Weight(Tokens, HeadSize), sin = Weight(Tokens, HeadSize);
                Value Rotate(Value y) => Add(
                    Op("Mul", [y, cos]), Op("Mul", [Op("Concat", [Op("Neg", [Slice(y, HeadSize / 2, HeadSize, 3)]), Slice(y, 0, HeadSize / 2, 3)], ("axis", 3L)), sin]));
                return Weigh(Rotate(Project()), Rotate(Project()), Project());
            }
            case DoubtfulAttention.NormalisedQueries:
            {
                Value Normal(Value y) => Op("LayerNormalization", [y, Weight(HeadSize)], ("axis", -1L));
                return Weigh(Normal(Project()), Normal(Project()), Project());
            }
            case DoubtfulAttention.SharedWeight:
            {
                Value w = Weight(Width, Width);
                return Weigh(Head(Op("MatMul", [x, w])), Head(Op("MatMul", [x, w])), Project());
            }
            case DoubtfulAttention.TwoProducts:
            {
                Value q = Project(), k = Project(), position = Project();
                Value scores = Add(Op("MatMul", [q, Permute(k, 0, 1, 3, 2)]), Op("MatMul", [q, Permute(position, 0, 1, 3, 2)]));
                return Merge(Op("MatMul", [Softmax(scores), Project()]), true);
            }
            case DoubtfulAttention.HeadByHead:
            {
                Value[] heads = [.. Enumerable.Range(0, Heads).Select(_ => Op("MatMul", [
                    Op("Softmax", [Op("MatMul", [Linear(x, Width, HeadSize, true), Permute(Linear(x, Width, HeadSize, true), 0, 2, 1)])], ("axis", -1L)),
                    Linear(x, Width, HeadSize, true)]))];
                return Linear(Op("Concat", heads, ("axis", 2L)), Width, Width, true);
            }
            case DoubtfulAttention.Fused:
                return Linear(_graph.AddNode("Attention", [x, Weight(Width, 3 * Width), Weight(3 * Width)], "fused", attributes: Attributes(("num_heads", (long)Heads)), domain: "com.microsoft").Outputs[0], Width, Width, true);
            case DoubtfulAttention.FusedHeads:
                return Linear(_graph.AddNode("MultiHeadAttention", [Linear(x, Width, Width, true), Linear(x, Width, Width, true), Linear(x, Width, Width, true)], "fused", attributes: Attributes(("num_heads", (long)Heads)), domain: "com.microsoft").Outputs[0], Width, Width, true);
            default:
                throw new ArgumentOutOfRangeException(nameof(doubt));
        }
    }
}
