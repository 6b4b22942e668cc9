using PruneTasks.Onnx;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Attention in which the dimensions of queries and keys, or none at all, can be removed one by one.</summary>
public enum DoubtfulAttention
{
    /// <summary>All query heads share one key and one value head.</summary>
    MultiQuery,

    /// <summary>Keys and values of one head are expanded to all query heads.</summary>
    ExpandedHeads,

    /// <summary>Queries and keys are rotated by position.</summary>
    Rotary,

    /// <summary>Queries and keys are rotated; pairs of query heads share keys and values by an Expand whose shape is read from them (Llama as PyTorch exports it).</summary>
    GroupedRotary,

    /// <summary>Query heads 0 and 2, and 1 and 3, share keys and values by Tile.</summary>
    TiledHeads,

    /// <summary>Pairs of query heads share keys and values by Gather.</summary>
    GatheredHeads,

    /// <summary>Pairs of query heads share keys and values by an axis of their own, over which the products broadcast.</summary>
    BroadcastHeads,

    /// <summary>One layer makes queries, keys and values; queries and keys are rotated.</summary>
    PackedRotary,

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
    /// <summary>Sizes of the forms in which pairs of heads share values.</summary>
    public const int SharingHeads = 4, SharedHeads = 2, SharedSize = 4;

    private Value Rotate(Value y, int size)
    {
        Value cos = Weight(Tokens, size), sin = Weight(Tokens, size);
        return Add(Op("Mul", [y, cos]), Op("Mul", [Op("Concat", [Op("Neg", [Slice(y, size / 2, size, 3)]), Slice(y, 0, size / 2, 3)], ("axis", 3L)), sin]));
    }

    private Value Grouped(Value x, DoubtfulAttention doubt)
    {
        Value Own() => Permute(Op("Reshape", [Linear(x, Width, SharingHeads * SharedSize, true), Ints(0, Tokens, SharingHeads, SharedSize)]), 0, 2, 1, 3);
        Value Shared() => Permute(Op("Reshape", [Linear(x, Width, SharedHeads * SharedSize, true), Ints(0, Tokens, SharedHeads, SharedSize)]), 0, 2, 1, 3);
        Value q = Own(), k = Shared(), v = Shared();
        if (doubt == DoubtfulAttention.GroupedRotary) (q, k) = (Rotate(q, SharedSize), Rotate(k, SharedSize));
        if (doubt == DoubtfulAttention.BroadcastHeads)
        {
            q = Op("Reshape", [q, Ints(0, SharedHeads, SharingHeads / SharedHeads, Tokens, SharedSize)]);
            Value weights = Op("Softmax", [Op("MatMul", [q, Permute(Unsqueeze(k, 2), 0, 1, 2, 4, 3)])], ("axis", -1L));
            return Linear(Op("Reshape", [Permute(Op("MatMul", [weights, Unsqueeze(v, 2)]), 0, 3, 1, 2, 4), Ints(0, Tokens, SharingHeads * SharedSize)]), SharingHeads * SharedSize, Width, true);
        }
        Value Repeat(Value y) => doubt switch
        {
            DoubtfulAttention.TiledHeads => Op("Tile", [y, Ints(1, 2, 1, 1)]),
            DoubtfulAttention.GatheredHeads => Op("Gather", [y, Ints(0, 0, 1, 1)], ("axis", 1L)),
            _ => Op("Reshape", [
                Op("Expand", [Unsqueeze(y, 2), Joined(Unsqueeze(Size(y, 0), 0), Unsqueeze(Size(y, 1), 0), Ints(2), Unsqueeze(Size(y, 2), 0), Unsqueeze(Size(y, 3), 0))]),
                Joined(Unsqueeze(Size(y, 0), 0), Ints(SharingHeads), Unsqueeze(Size(y, 2), 0), Unsqueeze(Size(y, 3), 0))]),
        };
        Value context = Op("MatMul", [Softmax(Op("MatMul", [q, Permute(Repeat(k), 0, 1, 3, 2)])), Repeat(v)]);
        return Linear(Op("Reshape", [Permute(context, 0, 2, 1, 3), Ints(0, Tokens, SharingHeads * SharedSize)]), SharingHeads * SharedSize, Width, true);
    }

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
                return Weigh(Rotate(Project(), HeadSize), Rotate(Project(), HeadSize), Project());
            }
            case DoubtfulAttention.PackedRotary:
            {
                Value[] parts = SplitIn3(Linear(x, Width, 3 * Width, true), 2, Width);
                return Weigh(Rotate(Head(parts[0]), HeadSize), Rotate(Head(parts[1]), HeadSize), Head(parts[2]));
            }
            case DoubtfulAttention.GroupedRotary:
            case DoubtfulAttention.TiledHeads:
            case DoubtfulAttention.GatheredHeads:
            case DoubtfulAttention.BroadcastHeads:
                return Grouped(x, doubt);
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
