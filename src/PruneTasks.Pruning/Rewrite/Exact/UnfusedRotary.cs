using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Rotary positions, written out: pairs of coordinates of a head are turned by an angle of their own. A pair is two neighbours (interleaved), or coordinate i of the
/// first half and i of the second half; coordinates behind the pairs stay.
/// </summary>
/// <remarks>Definitions: RotaryEmbedding of com.microsoft (ONNX Runtime, docs/ContribOperators.md) and of ai.onnx (opset 23, ONNX, docs/Operators.md).</remarks>
internal sealed class UnfusedRotary
{
    private readonly FusedPlace _p;
    private readonly Value _cos, _sin;
    private readonly long _pairs;
    private readonly bool _interleaved;

    private UnfusedRotary(FusedPlace p, Value cos, Value sin, long pairs, bool interleaved) => (_p, _cos, _sin, _pairs, _interleaved) = (p, cos, sin, pairs, interleaved);

    /// <summary>Angles of rows of two tables, or (without positions) tables that hold a row for each token.</summary>
    /// <param name="p">The node.</param>
    /// <param name="cos">[positions, pairs], or [batch or 1, length, pairs] without positions.</param>
    /// <param name="sin">Of the same shape.</param>
    /// <param name="positions">[batch or 1, length] or <see langword="null"/>.</param>
    /// <param name="pairs">Pairs that are turned.</param>
    /// <param name="interleaved">A pair is two neighbours.</param>
    /// <param name="axis">Where the heads stand: 1 for [batch, heads, length, width], 2 for [batch, length, heads, width].</param>
    public static UnfusedRotary Of(FusedPlace p, Value cos, Value sin, Value? positions, long pairs, bool interleaved, int axis)
    {
        return new UnfusedRotary(p, Angles(cos), Angles(sin), pairs, interleaved);

        Value Angles(Value table)
        {
            Value rows = positions is null ? table : p.Add("Gather", [table, positions], new() { ["axis"] = 0L });
            if (p.ShapeOf(table)![^1] != pairs) rows = p.Part(rows, positions is null ? p.ShapeOf(table)!.Count - 1 : 2, 0, pairs);
            long[] target = axis == 1 ? [0, 1, -1, pairs] : [0, -1, 1, pairs];
            return p.Reshape(rows, interleaved ? [.. target, 1] : target);
        }
    }

    /// <summary>Takes the operator apart; <see langword="null"/> if it is used in a form that is left as it is.</summary>
    public static Value?[]? Parts(FusedPlace p)
    {
        bool standard = p.Node.Domain.Length == 0;
        (int cosAt, int sinAt, int positionsAt) = standard ? (1, 2, 3) : (2, 3, 1);
        if (p.Input(0) is not { } x || p.Input(cosAt) is not { } cos || p.Input(sinAt) is not { } sin || p.ShapeOf(x) is not { Count: 3 or 4 } shape || shape[^1] is not { } last) return null;
        if (p.Node.Int("is_packed_batching", 0) != 0 || p.Node.Float("scale", 1) != 1 || p.ShapeOf(cos) is not { } table || table[^1] is not { } angles || p.Model.Opset < 11) return null;
        long width = p.Node.Int("rotary_embedding_dim", 0), heads = p.Node.Int("num_heads", 0), pairs = width > 0 ? width / 2 : angles;
        if (shape.Count == 3 && heads == 0) heads = standard ? 0 : last / (2 * angles);
        if (shape.Count == 3 && (heads <= 0 || last % heads != 0)) return null;
        long size = shape.Count == 4 ? last : last / heads;
        if (pairs <= 0 || pairs > angles || 2 * pairs > size || (!standard && pairs != angles)) return null;
        Value? positions = p.Input(positionsAt);
        if (positions is null ? table.Count != 3 : table.Count != 2) return null;
        if (positions is not null && p.ShapeOf(positions) is { Count: 1 } one)
        {
            // One number: the position of the first token of every sample.
            if (standard || one[0] != 1) return null;
            positions = p.Reshape(p.Add("Add", p.Add("Range", p.Integer(0), p.Length(x, shape.Count == 4 ? 2 : 1), p.Integer(1)), positions), 1, -1);
        }
        UnfusedRotary turn = Of(p, cos, sin, positions, pairs, p.Node.Int("interleaved", 0) != 0, axis: shape.Count == 4 ? 1 : 2);
        return shape.Count == 4 ? [turn.Apply(x, size)] : [p.Reshape(turn.Apply(p.Reshape(x, 0, 0, heads, size), size), 0, 0, last)];
    }

    /// <summary>Turns <paramref name="x"/>, whose last axis has <paramref name="size"/> coordinates.</summary>
    public Value Apply(Value x, long size)
    {
        Value turned = 2 * _pairs == size ? x : _p.Part(x, 3, 0, 2 * _pairs), a, b;
        if (_interleaved)
        {
            Value pairs = _p.Reshape(turned, 0, 0, 0, _pairs, 2);
            (a, b) = (_p.Part(pairs, 4, 0, 1), _p.Part(pairs, 4, 1, 2));
        }
        else
        {
            (a, b) = (_p.Part(turned, 3, 0, _pairs), _p.Part(turned, 3, _pairs, 2 * _pairs));
        }
        Value first = _p.Add("Sub", _p.Add("Mul", a, _cos), _p.Add("Mul", b, _sin)), second = _p.Sum(_p.Add("Mul", a, _sin), _p.Add("Mul", b, _cos));
        Value y = _interleaved ? _p.Reshape(_p.Concat(4, first, second), 0, 0, 0, 2 * _pairs) : _p.Concat(3, first, second);
        return 2 * _pairs == size ? y : _p.Concat(3, y, _p.Part(x, 3, 2 * _pairs, size));
    }
}
