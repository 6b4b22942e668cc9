using PruneTasks.Onnx;
using static PruneTasks.Torch.Tests.Lowering.OperatorForm;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>How forms of each operator are drawn.</summary>
internal static class RandomForms
{
    internal static IReadOnlyDictionary<string, Func<Random, OperatorForm>> All { get; } = new Dictionary<string, Func<Random, OperatorForm>>
    {
        ["MaxPool"] = r => Pool(r, "MaxPool", dilated: true),
        ["MaxPool with indices"] = MaxPoolIndices,
        ["AveragePool"] = r => Pool(r, "AveragePool", dilated: r.Next(3) == 0),
        ["LpPool"] = r => Pool(r, "LpPool", dilated: r.Next(3) == 0),
        ["GlobalLpPool"] = r => new("GlobalLpPool", 13, [Floats(r, 2, 3, 4, 5)], ("p", (long)r.Next(1, 4))),
        ["Conv"] = Conv,
        ["ConvTranspose"] = ConvTranspose,
        ["Resize by scales"] = r => Resize(r, false),
        ["Resize to sizes"] = r => Resize(r, true),
        ["Resize with antialias"] = Antialias,
        ["GridSample"] = GridSample,
        ["RoiAlign"] = RoiAlign,
        ["NonMaxSuppression"] = NonMaxSuppression,
        ["LRN"] = r => new("LRN", 13, [Floats(r, 2, r.Next(1, 8), 3, 4)], ("size", (long)r.Next(1, 7)), ("alpha", 0.3f), ("beta", 0.6f), ("bias", 1.5f)),
        ["MeanVarianceNormalization"] = r => new("MeanVarianceNormalization", 13, [Floats(r, 2, 3, 4, 5)], ("axes", Pick(r, null, [0, 2, 3], [1, 2, 3], [0, 1, 2, 3]))),
        ["TopK"] = TopK,
        ["Hardmax"] = r => new("Hardmax", Draw(r, 7, 11, 13), [Floats(r, 2, 3, 4)], ("axis", Draw<object?>(r, null, 0L, 1L, 2L))),
        ["Softmax"] = r => new(Draw(r, "Softmax", "LogSoftmax"), Draw(r, 7, 11, 13), [Floats(r, 2, 3, 4)], ("axis", Draw<object?>(r, null, 0L, 1L, 2L))),
        ["Unique"] = Unique,
        ["ReverseSequence"] = r => r.Next(2) is var t && new[] { 4L, 3L } is var s
            ? new("ReverseSequence", 10, [Floats(r, 4, 3, 2), TensorData.Vector([.. Enumerable.Range(0, (int)s[1 - t]).Select(_ => (long)r.Next(1, (int)s[t] + 1))])], ("time_axis", (long)t), ("batch_axis", (long)(1 - t))) : throw new InvalidOperationException(),
        ["GatherND"] = GatherNd,
        ["ScatterElements"] = ScatterElements,
        ["ScatterND"] = ScatterNd,
        ["Compress"] = r => new("Compress", 11, [Floats(r, 3, 4), Bools([.. Enumerable.Range(0, r.Next(1, 4)).Select(_ => r.Next(2) == 0)])], ("axis", Draw<object?>(r, null, 0L, 1L, -1L))),
        ["Col2Im"] = Col2Im,
        ["CenterCropPad"] = r => new("CenterCropPad", 18, [Floats(r, 5, 6, 7), TensorData.Vector(r.Next(2, 10), r.Next(2, 10))], ("axes", Pick(r, [0, 2], [1, 2], [-1, 0]))),
        ["DFT"] = Dft,
        ["STFT"] = Stft,
        ["Window"] = r => new(Draw(r, "HannWindow", "HammingWindow", "BlackmanWindow"), 17, [TensorData.Of([], (long)r.Next(2, 20))], ("periodic", (long)r.Next(2))),
        ["QuantizeLinear"] = Quantize,
        ["DequantizeLinear"] = Dequantize,
        ["DynamicQuantizeLinear"] = r => new("DynamicQuantizeLinear", 11, [Floats(r, 3, 4)]) { Outputs = [ElementType.UInt8, ElementType.Float32, ElementType.UInt8] },
        ["MatMulInteger"] = MatMulInteger,
        ["ConvInteger"] = r => new("ConvInteger", 10, [Bytes(r, false, 1, 2, 5, 5), Bytes(r, false, 3, 2, 3, 3), Bytes(r, false), null], ("pads", Pick(r, null, [1, 0, 1, 2])), ("strides", Pick(r, null, [2, 1]))) { Outputs = [ElementType.Int32] },
        ["QLinearConv"] = QLinearConv,
        ["QLinearMatMul"] = QLinearMatMul,
        ["Loss"] = Loss,
        ["BatchNormalization"] = r => new("BatchNormalization", Draw(r, 9, 14, 15), [Floats(r, 2, 3, 4), Floats(r, 3), Floats(r, 3), Floats(r, 3), TensorData.Of([3], 0.5f, 1, 2)], ("epsilon", 1e-3f)),
        ["ArgMax"] = r => new(Draw(r, "ArgMax", "ArgMin"), 13, [TensorData.Of([3, 4], [.. Enumerable.Range(0, 12).Select(_ => (float)r.Next(3))])], ("axis", (long)r.Next(-2, 2)), ("keepdims", (long)r.Next(2)), ("select_last_index", (long)r.Next(2))) { Outputs = [ElementType.Int64] },
        ["CumSum"] = r => new("CumSum", 14, [Floats(r, 3, 4, 2), TensorData.Of([], (long)r.Next(-3, 3))], ("exclusive", (long)r.Next(2)), ("reverse", (long)r.Next(2))),
        ["Pad"] = Pad,
        ["Slice"] = Slice,
        ["MaxUnpool"] = r => new("MaxUnpool", 11, [Floats(r, 1, 1, 2, 2), TensorData.Of([1, 1, 2, 2], (long)r.Next(4), r.Next(4, 8), r.Next(8, 12), r.Next(12, 16))], ("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 })),
        ["Det"] = r => new("Det", 11, [Floats(r, 2, 3, 3)]),
        ["BitShift"] = r => new("BitShift", 11, [Bytes(r, false, 6), new TensorData(ElementType.UInt8, [6], (byte[])[0, 1, 2, 3, 7, 5])], ("direction", Draw(r, "LEFT", "RIGHT"))) { Outputs = [ElementType.UInt8] },
        ["AffineGrid"] = r => r.Next(2) == 0
            ? new("AffineGrid", 20, [Floats(r, 2, 2, 3), TensorData.Vector(2, 3, r.Next(1, 6), r.Next(1, 6))], ("align_corners", (long)r.Next(2)))
            : new("AffineGrid", 20, [Floats(r, 1, 3, 4), TensorData.Vector(1, 2, r.Next(1, 4), r.Next(1, 4), r.Next(1, 4))], ("align_corners", (long)r.Next(2))),
        ["Einsum"] = r => new("Einsum", 12, [Floats(r, 2, 3, 4), Floats(r, 2, 4, 5)], ("equation", Draw(r, "bij,bjk->bik", "bij,bjk->bki", "...ij,...jk->...ik", "bij,bjk", "bij,bjk->b"))),
        ["Trilu"] = r => new("Trilu", 14, [Floats(r, 2, 3, 5), TensorData.Of([], (long)r.Next(-6, 7))], ("upper", (long)r.Next(2))),
        ["DepthToSpace"] = r => new("DepthToSpace", 13, [Floats(r, 1, 8, 2, 3)], ("blocksize", 2L), ("mode", Draw(r, "DCR", "CRD"))),
        ["OneHot"] = r => new("OneHot", 11, [TensorData.Of([2, 2], (long)r.Next(-5, 7), r.Next(-5, 7), 0, 1), TensorData.Of([], 5L), TensorData.Of([2], 0.5f, 3)], ("axis", Draw<object?>(r, null, 0L, 1L))),
        ["Split"] = r => new("Split", 18, [Floats(r, 7, 2)], ("num_outputs", 3L)) { Outputs = [ElementType.Float32, ElementType.Float32, ElementType.Float32] },
        ["TfIdfVectorizer"] = TfIdf,
        ["Shrink"] = r => new("Shrink", 9, [Floats(r, 20)], ("lambd", 0.7f), ("bias", 0.2f)),
        ["Mod"] = r => new("Mod", 13, [Int32s([4], r.Next(-9, 9), r.Next(-9, 9), 7, -7), Int32s([4], Draw(r, 3, -3), Draw(r, 2, -5), 3, 3)], ("fmod", (long)r.Next(2))) { Outputs = [ElementType.Int32] },
        ["Div"] = r => new("Div", 13, [Int32s([4], r.Next(-9, 9), r.Next(-9, 9), 7, -7), Int32s([4], Draw(r, 3, -3), Draw(r, 2, -5), 3, 3)]) { Outputs = [ElementType.Int32] },
        ["DeformConv"] = r => new("DeformConv", 19, [Floats(r, 1, 2, 5, 5), Floats(r, 2, 2, 2, 2), Floats(r, 1, 8, 4, 4), Floats(r, 2), r.Next(2) == 0 ? null : Floats(r, 1, 4, 4, 4)]),
        ["Reduce"] = Reduce,
        ["Gather"] = r => new("Gather", 13, [Floats(r, 3, 4, 5), TensorData.Of([2, 2], Some(r, 4, -3, 3))], ("axis", (long)r.Next(-3, 3))),
        ["GatherElements"] = r => new("GatherElements", 13, [Floats(r, 3, 4), TensorData.Of([2, 3], Some(r, 6, -3, 3))], ("axis", (long)r.Next(-2, 2))),
        ["LayerNormalization"] = LayerNormalization,
        ["InstanceNormalization"] = r => new("InstanceNormalization", 6, [Floats(r, 2, 3, 4, 2), Floats(r, 3), Floats(r, 3)], ("epsilon", 1e-3f)),
        ["GroupNormalization"] = r => r.Next(2) == 0
            ? new("GroupNormalization", 18, [Floats(r, 2, 6, 4), Floats(r, 3), Floats(r, 3)], ("num_groups", 3L))
            : new("GroupNormalization", 21, [Floats(r, 2, 6, 4, 2), Floats(r, 6), Floats(r, 6)], ("num_groups", (long)Draw(r, 1, 2, 3, 6))),
        ["LpNormalization"] = r => new("LpNormalization", 1, [Floats(r, 3, 4)], ("axis", (long)r.Next(-2, 2)), ("p", (long)r.Next(1, 3))),
        ["Gemm"] = Gemm,
        ["MatMul"] = r => Draw<(long[] A, long[] B)>(r, ([4], [4]), ([4], [2, 4, 3]), ([2, 3, 4], [4]), ([2, 1, 3, 4], [5, 4, 2]), ([3, 4], [4, 2])) is var p ? new("MatMul", 13, [Floats(r, p.A), Floats(r, p.B)]) : throw new InvalidOperationException(),
        ["PRelu"] = r => new("PRelu", 16, [Floats(r, 2, 3, 4), Floats(r, Draw<long[]>(r, [1], [4], [3, 1], [1, 3, 4]))]),
        ["Activation"] = r => new(Draw(r, "Elu", "LeakyRelu", "ThresholdedRelu", "Celu"), 13, [Floats(r, 30)], ("alpha", Draw<object?>(r, null, 0.3f, 1.4f))),
        ["Activation with two numbers"] = r => Draw(r, true, false) ? new("Selu", 6, [Floats(r, 30)], ("alpha", 1.2f), ("gamma", 0.8f)) : new("HardSigmoid", 6, [Floats(r, 30)], ("alpha", 0.3f), ("beta", 0.4f)),
        ["Function"] = r => new(Draw(r, "Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh", "Erf", "Tanh", "Exp", "Softplus", "Softsign", "Sigmoid", "Round", "Floor", "Ceil", "Sign", "Abs", "Neg", "Reciprocal", "Mish", "HardSwish", "Sqrt", "Log", "Asin", "Acosh", "Atanh"), 18, [Floats(r, 30)]) { Tolerance = 1e-3 },
        ["Gelu"] = r => new("Gelu", 20, [Floats(r, 30)], ("approximate", Draw(r, "none", "tanh"))),
        ["Clip"] = r => new("Clip", 13, [Floats(r, 20), r.Next(2) == 0 ? null : TensorData.Of([], -0.5f), r.Next(2) == 0 ? null : TensorData.Of([], Draw(r, 0.5f, -1))]),
        ["Pow"] = r => r.Next(2) == 0 ? new("Pow", 15, [Int32s([4], -2, 3, 4, 5), Int32s([4], 2, r.Next(0, 4), 3, 1)]) { Outputs = [ElementType.Int32] } : new("Pow", 15, [Floats(r, 4), TensorData.Of([], Draw(r, 2f, 3, 0.5f, -1, 0))]),
        ["Broadcast"] = r => new(Draw(r, "Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean"), 13, [Floats(r, Draw<long[]>(r, [2, 3, 4], [3, 1], [4], [])), Floats(r, Draw<long[]>(r, [2, 3, 4], [1, 3, 1], [4]))]),
        ["Cast"] = Cast,
        ["Concat"] = r => r.Next(-3, 3) is var axis && (axis + 3) % 3 is var at ? new("Concat", 13, [Floats(r, at == 0 ? 4 : 2, at == 1 ? 5 : 3, at == 2 ? 6 : 4), Floats(r, 2, 3, 4)], ("axis", (long)axis)) : throw new InvalidOperationException(),
        ["Flatten"] = r => new("Flatten", 13, [Floats(r, 2, 3, 4)], ("axis", (long)r.Next(-3, 4))),
        ["Expand"] = r => new("Expand", 13, [Floats(r, 3, 1), TensorData.Vector(Draw<long[]>(r, [2, 1, 4], [1, 4], [1], [3, 5], [2, 3, 1]))]),
        ["Tile"] = r => new("Tile", 13, [Floats(r, 2, 3), TensorData.Vector(r.Next(0, 4), r.Next(1, 4))]),
        ["SpaceToDepth"] = r => new("SpaceToDepth", 13, [Floats(r, 1, 2, 4, 6)], ("blocksize", 2L)),
        ["EyeLike"] = r => new("EyeLike", 9, [Floats(r, 3, 4)], ("k", (long)r.Next(-3, 5))),
        ["Upsample"] = r => new("Upsample", 9, [Floats(r, 1, 2, 3, 4), TensorData.Of([4], 1, 1, Draw(r, 1, 2f, 3), Draw(r, 1, 2f))], ("mode", Draw(r, "nearest", "linear"))),
        ["IsInf"] = r => new("IsInf", 10, [TensorData.Of([5], 1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0)], ("detect_positive", (long)r.Next(2)), ("detect_negative", (long)r.Next(2))) { Outputs = [ElementType.Bool] },
        ["Bitwise"] = r => new(Draw(r, "BitwiseAnd", "BitwiseOr", "BitwiseXor"), 18, [Bytes(r, false, 6), Bytes(r, false, 6)]) { Outputs = [ElementType.UInt8] },
        ["Reshape"] = r => new("Reshape", 14, [Floats(r, 2, 3, 4), TensorData.Vector(Draw<long[]>(r, [0, -1], [-1], [4, 0, 2], [6, 4], [0, 0, -1, 1]))]),
    };

    private static OperatorForm Reduce(Random r)
    {
        long[]? axes = Draw<long[]?>(r, null, [], [0], [-1], [1, 2], [0, -2]);
        bool input = r.Next(2) == 0;
        return new(Draw(r, "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"), input ? 18 : 11,
            input && axes is not null ? [Floats(r, 2, 3, 4), TensorData.Vector(axes)] : [Floats(r, 2, 3, 4)],
            ("axes", input || axes is null or [] ? null : axes), ("keepdims", (long)r.Next(2)), ("noop_with_empty_axes", input ? (long)r.Next(2) : null));
    }

    private static OperatorForm LayerNormalization(Random r)
    {
        int axis = r.Next(-3, 3);
        long[] shape = new long[] { 2, 3, 4 }[(axis < 0 ? axis + 3 : axis)..];
        return new("LayerNormalization", 17, [Floats(r, 2, 3, 4), Floats(r, shape), r.Next(2) == 0 ? null : Floats(r, shape)], ("axis", (long)axis), ("epsilon", 1e-3f))
        {
            Outputs = [ElementType.Float32, ElementType.Float32, ElementType.Float32],
        };
    }

    private static OperatorForm Gemm(Random r)
    {
        bool a = r.Next(2) == 0, b = r.Next(2) == 0;
        return new("Gemm", 13, [a ? Floats(r, 4, 3) : Floats(r, 3, 4), b ? Floats(r, 5, 4) : Floats(r, 4, 5), Draw<long[]?>(r, null, [5], [3, 1], [3, 5], []) is { } bias ? Floats(r, bias) : null],
            ("transA", a ? 1L : null), ("transB", b ? 1L : 0L), ("alpha", Draw<object?>(r, null, 0.5f)), ("beta", Draw<object?>(r, null, 2f)));
    }

    // Between types that hold the values: what overflows is not defined for floats.
    private static OperatorForm Cast(Random r)
    {
        ElementType to = Draw(r, ElementType.Float32, ElementType.Float16, ElementType.Float64, ElementType.Int32, ElementType.Int64, ElementType.Int8, ElementType.UInt8, ElementType.UInt16, ElementType.UInt32, ElementType.Bool, ElementType.Int16);
        TensorData from = r.Next(2) == 0 ? Int32s([6], -300, 70000, 3, 0, -1, 129) : TensorData.Of([6], 0.5f, 3.7f, 100, 0, 1e-3f, 12.25f);
        return new("Cast", 13, [from], ("to", (long)to)) { Outputs = [to], Tolerance = 0 };
    }

    private static T Draw<T>(Random r, params T[] from) => from[r.Next(from.Length)];

    private static long[]? Pick(Random r, params long[]?[] from) => from[r.Next(from.Length)];

    private static long[] Some(Random r, int count, int low, int high) => [.. Enumerable.Range(0, count).Select(_ => (long)r.Next(low, high))];

    private static long[] Spatial(Random r, int axes) => Some(r, axes, 5, 9);

    // Rank, kernel, strides, pads or auto_pad, ceil_mode.
    private static OperatorForm Pool(Random r, string opType, bool dilated)
    {
        int n = r.Next(1, 4);
        long[] kernel = Some(r, n, 1, 4);
        string? auto = r.Next(4) == 0 && !dilated ? Draw(r, "SAME_UPPER", "SAME_LOWER", "VALID") : null;
        long[] pads = [.. Enumerable.Range(0, 2 * n).Select(i => (long)r.Next(0, (int)kernel[i % n]))];
        // 19: dilations of AveragePool; ONNX Runtime's ceil_mode with pads on both sides differs from 1.16 on, as the standard's.
        return new(opType, opType == "LpPool" ? 18 : 19, [Floats(r, [2, 3, .. Spatial(r, n)])], ("kernel_shape", kernel), ("strides", Some(r, n, 1, 4)), ("auto_pad", auto),
            ("pads", auto is null && r.Next(3) > 0 ? pads : null), ("ceil_mode", r.Next(3) == 0 ? 1L : null), ("dilations", dilated ? Some(r, n, 1, 3) : null),
            ("count_include_pad", opType == "AveragePool" ? (long)r.Next(2) : null), ("p", opType == "LpPool" ? (long)r.Next(1, 4) : null));
    }

    private static OperatorForm MaxPoolIndices(Random r)
    {
        int n = r.Next(1, 4);
        long[] kernel = Some(r, n, 2, 4), pads = [.. Enumerable.Range(0, 2 * n).Select(i => (long)r.Next(0, (int)kernel[i % n]))];
        return new("MaxPool", 12, [Floats(r, [2, 3, .. Spatial(r, n)])], ("kernel_shape", kernel), ("strides", Some(r, n, 1, 3)), ("pads", pads), ("storage_order", (long)r.Next(2)), ("ceil_mode", (long)r.Next(2)))
        {
            Outputs = [ElementType.Float32, ElementType.Int64],
        };
    }

    private static OperatorForm Conv(Random r)
    {
        int n = r.Next(1, 4);
        long groups = Draw(r, 1, 1, 2);
        string? auto = r.Next(4) == 0 ? Draw(r, "SAME_UPPER", "SAME_LOWER", "VALID") : null;
        return new("Conv", 11, [Floats(r, [2, 4, .. Spatial(r, n)]), Floats(r, [6, 4 / groups, .. Some(r, n, 1, 4)]), r.Next(2) == 0 ? null : Floats(r, 6)], ("group", groups), ("strides", Some(r, n, 1, 5)),
            ("auto_pad", auto), ("pads", auto is null ? Some(r, 2 * n, 0, 3) : null), ("dilations", auto is null ? Some(r, n, 1, 3) : null));
    }

    private static OperatorForm ConvTranspose(Random r)
    {
        int n = r.Next(1, 4);
        long groups = Draw(r, 1, 1, 2);
        long[] spatial = Some(r, n, 2, 5), kernel = Some(r, n, 2, 5), strides = Some(r, n, 1, 4);
        int how = r.Next(4);
        long[] extra = [.. strides.Select(s => (long)r.Next(0, (int)s))];
        long[] shape = [.. Enumerable.Range(0, n).Select(i => ((spatial[i] - 1) * strides[i]) + kernel[i] - r.Next(0, 3))];
        string auto = Draw(r, "SAME_UPPER", "SAME_LOWER");
        return new("ConvTranspose", 11, [Floats(r, [2, 4, .. spatial]), Floats(r, [4, 6 / groups, .. kernel]), r.Next(2) == 0 ? null : Floats(r, 6)], ("group", groups), ("strides", strides),
            ("pads", how == 0 ? Some(r, 2 * n, 0, 2) : null), ("output_padding", how is 0 or 1 ? extra : null),
            ("output_shape", how == 2 ? shape : null), ("auto_pad", how == 3 ? auto : null), ("dilations", how == 1 ? Some(r, n, 1, 3) : null));
    }

    private static OperatorForm Resize(Random r, bool bySizes)
    {
        string mode = Draw(r, "nearest", "linear", "cubic");
        long[] x = [1, 2, r.Next(3, 7), r.Next(3, 7)];
        float[] factors = [0.5f, 1, 1.5f, 2, 2.6f, 0.7f];
        string[] coordinates = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric"];
        TensorData? scales = bySizes ? null : TensorData.Of([4], 1f, 1f, Draw(r, factors), Draw(r, factors));
        TensorData? sizes = bySizes ? TensorData.Vector(1, 2, r.Next(2, 12), r.Next(2, 12)) : null;
        string coordinate = Draw(r, coordinates);
        return new("Resize", 19, [Floats(r, x), null, scales, sizes], ("mode", mode), ("coordinate_transformation_mode", coordinate), ("nearest_mode", mode == "nearest" ? Draw(r, "floor", "ceil", "round_prefer_floor", "round_prefer_ceil") : null),
            ("cubic_coeff_a", mode == "cubic" ? Draw(r, -0.5f, -0.75f) : null), ("exclude_outside", mode == "cubic" && r.Next(3) == 0 ? 1L : null));
    }

    private static OperatorForm Antialias(Random r)
    {
        string mode = Draw(r, "linear", "cubic");
        return new("Resize", 19, [Floats(r, 1, 1, r.Next(4, 9), r.Next(4, 9)), null, null, TensorData.Vector(1, 1, r.Next(2, 12), r.Next(2, 12))], ("mode", mode), ("antialias", 1L),
            ("coordinate_transformation_mode", Draw(r, "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")));
    }

    private static OperatorForm GridSample(Random r)
    {
        bool deep = r.Next(4) == 0;
        string mode = Draw(r, "linear", "nearest", deep ? "linear" : "cubic");
        return new("GridSample", 20, deep ? [Floats(r, 1, 2, 3, 4, 5), Floats(r, 1, 2, 3, 4, 3)] : [Floats(r, 2, 3, 4, 5), Floats(r, 2, 3, 4, 2)],
            ("mode", mode), ("padding_mode", Draw(r, "zeros", "border", "reflection")), ("align_corners", (long)r.Next(2)));
    }

    private static OperatorForm RoiAlign(Random r)
    {
        float[] rois = [.. Enumerable.Range(0, 3).SelectMany(_ => new[] { r.Next(0, 6), r.Next(0, 6), r.Next(6, 12), r.Next(6, 12) }).Select(x => x + 0.3f)];
        return new("RoiAlign", Draw(r, 10, 16), [Floats(r, 2, 3, 8, 9), TensorData.Of([3, 4], rois), TensorData.Vector(0, 1, 0)], ("output_height", (long)r.Next(1, 4)), ("output_width", (long)r.Next(1, 4)),
            ("sampling_ratio", (long)r.Next(0, 4)), ("spatial_scale", Draw(r, 1f, 0.5f)), ("mode", "avg"));
    }

    private static OperatorForm NonMaxSuppression(Random r)
    {
        const int N = 12;
        float[] boxes = [.. Enumerable.Range(0, 2 * N).SelectMany(_ =>
        {
            (float y, float x) = (r.NextSingle() * 4, r.NextSingle() * 4);
            return new[] { y, x, y + 1 + r.NextSingle(), x + 1 + r.NextSingle() };
        })];
        float[] scores = [.. Enumerable.Range(0, 2 * 3 * N).Select(_ => r.NextSingle())];
        return new("NonMaxSuppression", 11, [TensorData.Of([2, N, 4], boxes), TensorData.Of([2, 3, N], scores), TensorData.Vector(r.Next(0, 8)), TensorData.Of([1], Draw(r, 0, 0.3f, 0.6f)), r.Next(2) == 0 ? null : TensorData.Of([1], 0.4f)],
            ("center_point_box", (long)r.Next(2))) { Outputs = [ElementType.Int64] };
    }

    private static OperatorForm TopK(Random r)
    {
        long k = r.Next(1, 4), opset = Draw(r, 1, 10, 11);
        TensorData x = TensorData.Of([3, 4], [.. Enumerable.Range(0, 12).Select(_ => (float)r.Next(5))]);
        return new("TopK", opset, opset < 10 ? [x] : [x, TensorData.Vector(k)], ("axis", (long)r.Next(0, 2)), ("k", opset < 10 ? k : null), ("largest", opset < 11 ? null : (long)r.Next(2)))
        {
            Outputs = [ElementType.Float32, ElementType.Int64],
        };
    }

    private static OperatorForm Unique(Random r) =>
        new("Unique", 11, [TensorData.Of([3, 4], [.. Enumerable.Range(0, 12).Select(_ => (float)r.Next(2))])], ("sorted", (long)r.Next(2)), ("axis", Draw<object?>(r, null, 0L, 1L, -1L)))
        {
            Outputs = [ElementType.Float32, ElementType.Int64, ElementType.Int64, ElementType.Int64],
        };

    private static OperatorForm GatherNd(Random r)
    {
        int batch = r.Next(0, 3), depth = r.Next(1, 4 - batch);
        long[] data = [2, 3, 4];
        long[] shape = [.. data[..batch], 2, depth];
        long[] indices = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => (long)r.Next(-(int)data[batch + (i % depth)], (int)data[batch + (i % depth)]))];
        return new("GatherND", 13, [Floats(r, data), TensorData.Of(shape, indices)], ("batch_dims", (long)batch));
    }

    private static OperatorForm ScatterElements(Random r)
    {
        long axis = r.Next(-2, 2), size = axis is 0 or -2 ? 4 : 5;
        string reduction = Draw(r, "none", "add", "mul", "min", "max");
        // Without a reduction no place may be written twice.
        long[] rows = [.. Enumerable.Range(0, 3).SelectMany(i => Enumerable.Range(0, 3).Select(j => reduction == "none" ? (long)(axis is 0 or -2 ? i : j) : r.Next(-(int)size, (int)size)))];
        return new("ScatterElements", 18, [Floats(r, 4, 5), TensorData.Of([3, 3], rows), Floats(r, 3, 3)], ("axis", axis), ("reduction", reduction));
    }

    private static OperatorForm ScatterNd(Random r)
    {
        string reduction = Draw(r, "none", "add", "mul", "min", "max");
        long[] rows = reduction == "none" ? [0, -1, 1] : [r.Next(-4, 4), r.Next(-4, 4), r.Next(-4, 4)];
        return new("ScatterND", 18, [Floats(r, 4, 5), TensorData.Of([3, 1], rows), Floats(r, 3, 5)], ("reduction", reduction));
    }

    private static OperatorForm Col2Im(Random r)
    {
        long[] image = Some(r, 2, 5, 8), block = Some(r, 2, 1, 4), strides = Some(r, 2, 1, 3), pads = Some(r, 4, 0, 2), dilations = Some(r, 2, 1, 3);
        long columns = 1;
        for (int i = 0; i < 2; i++) columns *= ((image[i] + pads[i] + pads[i + 2] - (dilations[i] * (block[i] - 1)) - 1) / strides[i]) + 1;
        return new("Col2Im", 18, [Floats(r, 2, 3 * block[0] * block[1], columns), TensorData.Vector(image), TensorData.Vector(block)], ("strides", strides), ("pads", pads), ("dilations", dilations));
    }

    private static OperatorForm Dft(Random r)
    {
        bool real = r.Next(2) == 0, inverse = !real && r.Next(2) == 0;
        return new("DFT", 17, [Floats(r, 2, 6, 5, real ? 1 : 2), r.Next(2) == 0 ? null : TensorData.Of([], (long)r.Next(3, 9))], ("axis", (long)r.Next(1, 3)), ("inverse", inverse ? 1L : 0L), ("onesided", real ? (long)r.Next(2) : 0L));
    }

    private static OperatorForm Stft(Random r)
    {
        long length = r.Next(3, 9);
        bool window = r.Next(2) == 0;
        return new("STFT", 17, [Floats(r, 2, 20, 1), TensorData.Of([], (long)r.Next(1, 6)), window ? Floats(r, length) : null, TensorData.Of([], length)], ("onesided", (long)r.Next(2)));
    }

    private static OperatorForm Quantize(Random r)
    {
        int how = r.Next(3);
        bool signed = r.Next(2) == 0;
        long[] scale = how switch { 0 => [], 1 => [4], _ => [3, 2] };
        TensorData steps = TensorData.Of(scale, [.. Enumerable.Range(0, (int)scale.Aggregate(1L, (a, b) => a * b)).Select(_ => 0.013f + (r.NextSingle() * 0.02f))]);
        return new("QuantizeLinear", 21, [Floats(r, 3, 4), steps, Bytes(r, signed, scale)], ("axis", 1L), ("block_size", how == 2 ? 2L : null)) { Outputs = [signed ? ElementType.Int8 : ElementType.UInt8] };
    }

    private static OperatorForm Dequantize(Random r)
    {
        int how = r.Next(3);
        bool signed = r.Next(2) == 0;
        long[] scale = how switch { 0 => [], 1 => [4], _ => [3, 2] };
        return new("DequantizeLinear", 21, [Bytes(r, signed, 3, 4), Floats(r, scale), Bytes(r, signed, scale)], ("axis", 1L), ("block_size", how == 2 ? 2L : null));
    }

    private static OperatorForm MatMulInteger(Random r)
    {
        bool signed = r.Next(2) == 0, rows = r.Next(2) == 0;
        return new("MatMulInteger", 10, [Bytes(r, false, 2, 4), Bytes(r, signed, 4, 3), r.Next(2) == 0 ? null : Bytes(r, false), Bytes(r, signed, rows ? [3] : [])]) { Outputs = [ElementType.Int32] };
    }

    private static OperatorForm QLinearConv(Random r)
    {
        bool each = r.Next(2) == 0, bias = r.Next(2) == 0;
        long[] scales = each ? [3] : [];
        return new("QLinearConv", 10,
            [Bytes(r, false, 1, 2, 5, 5), TensorData.Of([], 0.05f), Bytes(r, false), Bytes(r, true, 3, 2, 3, 3), TensorData.Of(scales, [.. Enumerable.Range(0, each ? 3 : 1).Select(_ => 0.01f + (r.NextSingle() * 0.02f))]),
             new TensorData(ElementType.Int8, scales, new byte[each ? 3 : 1]), TensorData.Of([], 0.7f), Bytes(r, false), bias ? Int32s([3], r.Next(-900, 900), r.Next(-900, 900), 7) : null],
            ("pads", Pick(r, null, [1, 0, 1, 2]))) { Outputs = [ElementType.UInt8], Tolerance = 1.01 };
    }

    private static OperatorForm QLinearMatMul(Random r) =>
        new("QLinearMatMul", 10, [Bytes(r, false, 2, 4), TensorData.Of([], 0.05f), Bytes(r, false), Bytes(r, false, 4, 3), TensorData.Of([], 0.04f), Bytes(r, false), TensorData.Of([], 1.7f), Bytes(r, false)])
        {
            Outputs = [ElementType.UInt8], Tolerance = 1.01,
        };

    private static OperatorForm Loss(Random r)
    {
        long[] labels = [.. Enumerable.Range(0, 6).Select(_ => (long)r.Next(0, 5))];
        return new(Draw(r, "SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"), 13, [Floats(r, 2, 5, 3), TensorData.Of([2, 3], labels), r.Next(2) == 0 ? null : TensorData.Of([5], 0.2f, 1, 0.7f, 0.5f, 2)],
            ("reduction", Draw(r, "none", "sum", "mean")), ("ignore_index", r.Next(2) == 0 ? 2L : null));
    }

    private static OperatorForm Pad(Random r)
    {
        string mode = Draw(r, "constant", "reflect", "edge", "wrap");
        long[] pads = mode == "constant" ? Some(r, 6, -1, 3) : Some(r, 6, 0, 3);
        return new("Pad", 19, [Floats(r, 3, 4, 5), TensorData.Vector(pads), mode == "constant" && r.Next(2) == 0 ? TensorData.Of([], 0.7f) : null], ("mode", mode));
    }

    private static OperatorForm Slice(Random r)
    {
        long[] steps = [Draw(r, 1, 2, -1, -2), Draw(r, 1, 3, -1)];
        return new("Slice", 13, [Floats(r, 5, 6, 2), TensorData.Vector(Some(r, 2, -8, 8)), TensorData.Vector(Some(r, 2, -8, 8)), TensorData.Vector(Draw<long[]>(r, [0, 1], [1, -3])), TensorData.Vector(steps)]);
    }

    private static OperatorForm TfIdf(Random r) =>
        new("TfIdfVectorizer", 9, [TensorData.Of([2, 8], [.. Enumerable.Range(0, 16).Select(_ => (long)r.Next(2, 6))])], ("mode", Draw(r, "TF", "IDF", "TFIDF")), ("min_gram_length", 1L), ("max_gram_length", 2L),
            ("max_skip_count", (long)r.Next(0, 3)), ("ngram_counts", new long[] { 0, 3 }), ("ngram_indexes", new long[] { 0, 1, 2, 3, 4 }), ("pool_int64s", new long[] { 2, 3, 5, 2, 3, 4, 5 }), ("weights", new[] { 1, 2, 3, 0.5f, 1 }));
}
