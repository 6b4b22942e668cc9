using PruneTasks.Onnx;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Attention as particular exporters and libraries write it.</summary>
internal sealed partial class TransformerGraph
{
    private Value ExporterAttention(Value x) => _style switch
    {
        TransformerStyle.Dynamo => Dynamo(x),
        TransformerStyle.HuggingFaceMasked => HuggingFace(x),
        TransformerStyle.ScaledDotProduct => ScaledDotProduct(x),
        TransformerStyle.PackedGemmRows => PackedGemmRows(x),
        TransformerStyle.EinsumDense => EinsumDense(x),
        TransformerStyle.TensorFlowRows => TensorFlowRows(x),
        TransformerStyle.EinsumHeadsInside => EinsumHeadsInside(x),
        TransformerStyle.ShiftedWindows => ShiftedWindows(x),
        TransformerStyle.Causal => Causal(x),
        TransformerStyle.CrossAttention => Cross(x),
        TransformerStyle.PackedScaled => PackedScaled(x),
        _ => throw new ArgumentOutOfRangeException(nameof(x)),
    };

    private Value ConstantNode(params long[] values) => _graph.AddNode("Constant", [], "val", attributes: Attributes(("value", TensorData.Vector(values)))).Outputs[0];

    private Value DynamoLinear(Value x, int from, int to)
    {
        if (x.Producer?.OpType == "ReduceMean") return Op("Gemm", [x, Weight(to, from), Weight(to)], ("transB", 1L));
        Value rows = Op("Reshape", [x, ConstantNode(-1, from)], ("allowzero", 1L));
        Value product = Op("MatMul", [rows, Permute(Weight(to, from), 1, 0)]);
        return Add(Op("Reshape", [product, ConstantNode(-1, Tokens, to)], ("allowzero", 1L)), Weight(to));
    }

    private Value Dynamo(Value x)
    {
        Value Heads4(Value y) => Permute(Op("Reshape", [y, ConstantNode(-1, Tokens, Heads, HeadSize)], ("allowzero", 1L)), 0, 2, 1, 3);
        Value q = Heads4(Linear(x, Width, Width, true)), k = Heads4(Linear(x, Width, Width, true)), v = Heads4(Linear(x, Width, Width, true));
        Value scale = _graph.AddNode("Constant", [], "scale", attributes: Attributes(("value_float", MathF.Sqrt(0.5f)))).Outputs[0];
        Value scores = Op("MatMul", [Op("Mul", [q, scale]), Op("Mul", [Permute(k, 0, 1, 3, 2), scale])]);
        Value context = Op("MatMul", [Softmax(scores), v]);
        return Linear(Op("Reshape", [Permute(context, 0, 2, 1, 3), ConstantNode(-1, Tokens, Width)], ("allowzero", 1L)), Width, Width, true);
    }

    private Value AdditiveMask(Value mask) =>
        Op("Mul", [Op("Sub", [Scalar(1), Op("Cast", [Unsqueeze(mask, 1, 2)], ("to", 1L))]), Scalar(-3.4e38f)]);

    private Value HuggingFace(Value x)
    {
        Value Heads4(Value y) => Permute(Op("Reshape", [y, Joined(Unsqueeze(Size(y, 0), 0), Unsqueeze(Size(y, 1), 0), Ints(Heads), Ints(-1))]), 0, 2, 1, 3);
        Value k = Heads4(Linear(x, Width, Width, true)), v = Heads4(Linear(x, Width, Width, true)), q = Heads4(Linear(x, Width, Width, true));
        Value scores = Op("Add", [Op("Div", [Op("MatMul", [q, Permute(k, 0, 1, 3, 2)]), Scalar(2)]), _mask!]);
        Value context = Permute(Op("MatMul", [Op("Dropout", [Softmax(scores)]), v]), 0, 2, 1, 3);
        Value all = Op("Mul", [Size(context, 2), Size(context, 3)]);
        Value merged = Op("Reshape", [context, Joined(Unsqueeze(Size(context, 0), 0), Unsqueeze(Size(context, 1), 0), Unsqueeze(all, 0))]);
        return Linear(merged, Width, Width, true);
    }

    private Value ScaledDotProduct(Value x)
    {
        Value qkv = Op("Reshape", [Linear(x, Width, 3 * Width, true), Joined(Unsqueeze(Size(x, 0), 0), Unsqueeze(Size(x, 1), 0), Ints(3, Heads, HeadSize))]);
        qkv = Permute(qkv, 2, 0, 3, 1, 4);
        Value[] r = [.. SplitIn3(qkv, 0, 1).Select(o => Squeeze(o, 0))];
        Value size = Op("Cast", [Slice(Op("Shape", [r[0]]), -1, long.MaxValue, 0)], ("to", 1L));
        Value scale = Op("Sqrt", [Op("Div", [Scalar(1), Op("Sqrt", [size])])]);
        Value rows = Op("Reshape", [r[1], Joined(Ints(-1), Slice(Op("Shape", [r[1]]), -2, long.MaxValue, 0))]);
        Value turned = Op("Reshape", [Permute(rows, 0, 2, 1), Joined(
            Slice(Op("Shape", [r[1]]), 0, 2, 0), Slice(Op("Shape", [r[1]]), 3, 4, 0), Slice(Op("Shape", [r[1]]), 2, 3, 0))]);
        Value scores = Op("MatMul", [Op("Mul", [r[0], scale]), Op("Mul", [turned, scale])]);
        Value weights = Softmax(scores);
        weights = Op("Where", [Op("IsNaN", [weights]), Scalar(0), weights]);
        Value context = Permute(Op("MatMul", [weights, r[2]]), 0, 2, 1, 3);
        return Linear(Op("Reshape", [context, Op("Shape", [x])]), Width, Width, true);
    }

    private Value PackedGemmRows(Value x)
    {
        Value y = Permute(x, 1, 0, 2);
        Value batch = Size(y, 1);
        Value rows = Op("Gemm", [Op("Reshape", [y, Ints(-1, Width)]), Weight(3 * Width, Width), Weight(3 * Width)], ("transB", 1L));
        Value packed = Op("Reshape", [rows, Joined(Ints(Tokens), Unsqueeze(batch, 0), Ints(3 * Width))]);
        packed = Unsqueeze(Op("Reshape", [packed, Joined(Op("Gather", [Op("Shape", [packed]), Ints(0, 1)], ("axis", 0L)), Ints(3, Width))]), 0);
        packed = Squeeze(Permute(packed, 3, 1, 2, 0, 4), -2);
        Value batchHeads = Unsqueeze(Op("Mul", [batch, ScalarInt(Heads)]), 0);
        Value Role(int i) => Permute(Op("Reshape", [Op("Gather", [packed, ScalarInt(i)], ("axis", 0L)), Joined(Ints(Tokens), batchHeads, Ints(HeadSize))]), 1, 0, 2);
        Value Four(Value z) => Op("Reshape", [z, Joined(Unsqueeze(batch, 0), Ints(Heads, Tokens, HeadSize))]);
        Value q = Four(Role(0)), k = Four(Role(1)), v = Four(Role(2));
        Value context = Op("MatMul", [Softmax(Op("Mul", [Op("MatMul", [q, Permute(k, 0, 1, 3, 2)]), Scalar(0.5f)])), v]);
        Value merged = Op("Reshape", [Permute(context, 2, 0, 1, 3), Ints(-1, Width)]);
        Value o = Op("Gemm", [merged, Weight(Width, Width), Weight(Width)], ("transB", 1L));
        return Permute(Op("Reshape", [o, Joined(Ints(Tokens), Unsqueeze(batch, 0), Ints(Width))]), 1, 0, 2);
    }

    private Value EinsumDense(Value x)
    {
        Value Project() => Add(Op("Einsum", [x, Weight(Width, Heads, HeadSize)], ("equation", "abc,cde->abde")), Weight(1, Heads, HeadSize));
        Value q = Op("Mul", [Project(), Scalar(0.5f)]), k = Project(), v = Project();
        Value scores = Op("Einsum", [k, q], ("equation", "aecd,abcd->acbe"));
        Value context = Op("Einsum", [Softmax(scores), v], ("equation", "acbe,aecd->abcd"));
        return Add(Op("Einsum", [context, Weight(Heads, HeadSize, Width)], ("equation", "abcd,cde->abe")), Weight(Width));
    }

    private Value TensorFlowRows(Value x)
    {
        Value rows = Op("Reshape", [x, Ints(-1, Width)]);
        Value Project() => Permute(Add(Op("Reshape", [Op("MatMul", [rows, Weight(Width, Width)]), Ints(-1, Tokens, Heads, HeadSize)]), Weight(1, Heads, HeadSize)), 0, 2, 1, 3);
        Value scores = Op("MatMul", [Op("Mul", [Project(), Scalar(0.5f)]), Permute(Project(), 0, 1, 3, 2)]);
        Value context = Permute(Op("MatMul", [Softmax(scores), Project()]), 0, 2, 1, 3);
        Value o = Op("MatMul", [Op("Reshape", [context, Ints(-1, Width)]), Weight(Width, Width)]);
        return Add(Op("Reshape", [o, Ints(-1, Tokens, Width)]), Weight(Width));
    }

    private Value EinsumHeadsInside(Value x)
    {
        Value Project() => Op("Reshape", [Linear(x, Width, Width, true), Ints(0, 0, Heads, -1)]);
        Value scores = Op("Einsum", [Project(), Project()], ("equation", "bqhd,bkhd->bhqk"));
        Value context = Op("Einsum", [Softmax(Op("Mul", [scores, Scalar(0.5f)])), Project()], ("equation", "bhqk,bkhd->bqhd"));
        return Linear(Op("Flatten", [Op("Reshape", [context, Ints(-1, Heads, HeadSize)])], ("axis", 1L)) is var flat ? Op("Reshape", [flat, Ints(-1, Tokens, Width)]) : x, Width, Width, true);
    }

    private Value ShiftedWindows(Value x)
    {
        bool shift = _shifted = !_shifted;
        Value Roll(Value y, long by, long axis) => Op("Concat", [Slice(y, by, long.MaxValue, axis), Slice(y, 0, by, axis)], ("axis", axis));
        Value grid = Op("Reshape", [x, Ints(-1, 4, 4, Width)]);
        if (shift) grid = Roll(Roll(grid, 1, 1), 1, 2);
        Value windows = Op("Reshape", [Permute(Op("Reshape", [grid, Ints(-1, 2, 2, 2, 2, Width)]), 0, 1, 3, 2, 4, 5), Ints(-1, 4, Width)]);
        Value qkv = Permute(Op("Reshape", [Linear(windows, Width, 3 * Width, true), Ints(-1, 4, 3, Heads, HeadSize)]), 2, 0, 3, 1, 4);
        Value[] r = [.. Enumerable.Range(0, 3).Select(i => Op("Gather", [qkv, ScalarInt(i)], ("axis", 0L)))];
        Value scores = Add(Op("MatMul", [Op("Mul", [r[0], Scalar(0.5f)]), Permute(r[1], 0, 1, 3, 2)]), Weight(1, Heads, 4, 4));
        if (shift) scores = Op("Reshape", [Add(Op("Reshape", [scores, Ints(-1, 4, Heads, 4, 4)]), Weight(1, 4, 1, 4, 4)), Ints(-1, Heads, 4, 4)]);
        Value context = Op("Reshape", [Permute(Op("MatMul", [Softmax(scores), r[2]]), 0, 2, 1, 3), Ints(-1, 4, Width)]);
        grid = Op("Reshape", [Permute(Op("Reshape", [Linear(context, Width, Width, true), Ints(-1, 2, 2, 2, 2, Width)]), 0, 1, 3, 2, 4, 5), Ints(-1, 4, 4, Width)]);
        if (shift) grid = Roll(Roll(grid, 3, 1), 3, 2);
        return Op("Reshape", [grid, Ints(-1, 16, Width)]);
    }

    private Value Causal(Value x)
    {
        Value ones = Op("ConstantOfShape", [Joined(Unsqueeze(Size(x, 1), 0), Unsqueeze(Size(x, 1), 0))], ("value", TensorData.Of([1], 1L)));
        Value allowed = Op("Cast", [_graph.AddNode("Trilu", [ones], "allowed", attributes: Attributes(("upper", 0L))).Outputs[0]], ("to", 9L));
        Value q = Head(Linear(x, Width, Width, true)), k = Head(Linear(x, Width, Width, true)), v = Head(Linear(x, Width, Width, true));
        Value scores = Op("Where", [allowed, Op("MatMul", [q, Permute(k, 0, 1, 3, 2)]), Scalar(-1e9f)]);
        return Merge(Op("MatMul", [Softmax(scores), v]), bias: true);
    }

    private Value Cross(Value x)
    {
        Value Heads4(Value y) => Permute(Op("Reshape", [Linear(y, Width, Width, true), Ints(0, 0, Heads, HeadSize)]), 0, 2, 1, 3);
        Value q = Heads4(x), k = Heads4(_memory!), v = Heads4(_memory!);
        return Merge(Op("MatMul", [Softmax(Op("MatMul", [q, Permute(k, 0, 1, 3, 2)])), v]), bias: true);
    }

    private Value PackedScaled(Value x)
    {
        Value[] parts = SplitIn3(Op("Mul", [Linear(x, Width, 3 * Width, true), Scalar(0.7f)]), 2, Width);
        Value q = Head(parts[0]), k = Head(parts[1]), v = Head(parts[2]);
        return Merge(Op("MatMul", [Softmax(Op("MatMul", [q, Permute(k, 0, 1, 3, 2)])), v]), bias: true);
    }
}
