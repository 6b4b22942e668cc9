using PruneTasks.Onnx;

namespace PruneTasks.Torch.Tests.Building;

/// <summary>Writes a pre-norm transformer (patches in, logits out) with seeded random weights in a given <see cref="TransformerStyle"/>.</summary>
internal sealed partial class TransformerGraph
{
    public const int Width = 12, Heads = 3, HeadSize = 4, Tokens = 5, Hidden = 16, Classes = 7, Features = 6;

    private readonly Graph _graph = new("transformer");
    private readonly Random _random = new(5);
    private readonly TransformerForm _form;
    private readonly TransformerStyle _style;
    private DoubtfulAttention? _doubt;
    private Value? _mask;
    private Value? _memory;

    private TransformerGraph(TransformerForm form) => (_form, _style) = (form, form.Style);

    public static OnnxModel Create(TransformerStyle style, long[]? tokens = null) => Create(new TransformerForm(style), tokens: tokens);

    /// <param name="form">How it is written.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="tokens">Tokens that the head reads (their sum); the mean of all if left out.</param>
    /// <param name="doubt">Attention that is to be refused, in place of the form's.</param>
    public static OnnxModel Create(TransformerForm form, int blocks = 2, long[]? tokens = null, DoubtfulAttention? doubt = null)
    {
        TransformerGraph g = new(form) { _doubt = doubt };
        Axis n = new(null, "n"), t = form.Style == TransformerStyle.HuggingFaceMasked ? new Axis(null, "t") : new Axis(TokensOf(form.Style), null), f = new(Features, null);
        bool seqFirst = form.Style == TransformerStyle.PackedSeqFirst;
        Value x = g._graph.AddInput("x", ElementType.Float32, seqFirst ? [t, n, f] : [n, t, f]);
        if (form.Style == TransformerStyle.HuggingFaceMasked) g._mask = g.AdditiveMask(g._graph.AddInput("attention_mask", ElementType.Int64, [n, t]));
        if (form.Style == TransformerStyle.CrossAttention) g._memory = g.Linear(g._graph.AddInput("memory", ElementType.Float32, [n, new Axis(4, null), f]), Features, Width, bias: true);
        x = g.Linear(x, Features, Width, bias: true);
        for (int i = 0; i < blocks; i++) x = g.Block(x);
        x = g.Norm(x);
        long axis = seqFirst ? 0 : 1;
        Value pooled = tokens is null ? g.Mean(x, axis) : tokens.Select(token => g.Op("Gather", [x, g.ScalarInt(token)], ("axis", axis))).Aggregate(g.Add);
        Value logits = g.Linear(pooled, Width, Classes, bias: true);
        g._graph.AddOutput(logits, ElementType.Float32, [n, new Axis(Classes, null)]);
        // As a file: what is read back is what the finder will see.
        return OnnxReader.Load(OnnxWriter.ToBytes(OnnxModel.Create(g._graph, form.Opset, form.Opset < 13 ? 6 : 8, "tests")));
    }

    /// <summary>Length of the sequences; windows need a square of them.</summary>
    public static int TokensOf(TransformerStyle style) => style == TransformerStyle.ShiftedWindows ? 16 : Tokens;

    private Value Attention(Value x)
    {
        if (_doubt is { } doubt) return Doubtful(x, doubt);
        bool bias = _style != TransformerStyle.SplitNoBias;
        switch (_style)
        {
            case TransformerStyle.Split:
            case TransformerStyle.SplitNoBias:
            {
                Value q = Head(Linear(x, Width, Width, bias)), k = Head(Linear(x, Width, Width, bias)), v = Head(Linear(x, Width, Width, bias));
                if (_style == TransformerStyle.SplitNoBias) q = Op("Mul", [q, Scalar(0.5f)]);
                Value scores = Op("MatMul", [q, Permute(k, 0, 1, 3, 2)]);
                if (_style == TransformerStyle.Split) scores = Op("Div", [scores, Scalar(2)]);
                return Merge(Op("MatMul", [Softmax(scores), v]), bias);
            }
            case TransformerStyle.PackedSplit:
            {
                Value[] parts = SplitIn3(Linear(x, Width, 3 * Width, bias), 2, Width);
                Value q = Head(parts[0]), k = Head(parts[1]), v = Head(parts[2]);
                return Merge(Op("MatMul", [Softmax(Op("MatMul", [q, Permute(k, 0, 1, 3, 2)])), v]), bias);
            }
            case TransformerStyle.PackedGather:
            {
                Value qkv = Op("Reshape", [Linear(x, Width, 3 * Width, bias), Ints(0, Tokens, 3, Heads, HeadSize)]);
                qkv = Permute(qkv, 2, 0, 3, 1, 4);
                Value[] r = [.. Enumerable.Range(0, 3).Select(i => Op("Gather", [qkv, ScalarInt(i)], ("axis", 0L)))];
                return Merge(Op("MatMul", [Softmax(Op("MatMul", [r[0], Permute(r[1], 0, 1, 3, 2)])), r[2]]), bias);
            }
            case TransformerStyle.PackedSplitSqueeze:
            {
                Value qkv = Op("Reshape", [Linear(x, Width, 3 * Width, bias), Ints(0, Tokens, 3, Heads, HeadSize)]);
                qkv = Permute(qkv, 2, 0, 3, 1, 4);
                Value[] r = [.. SplitIn3(qkv, 0, 1).Select(o => Squeeze(o, 0))];
                return Merge(Op("MatMul", [Softmax(Op("MatMul", [r[0], Permute(r[1], 0, 1, 3, 2)])), r[2]]), bias);
            }
            case TransformerStyle.PackedPerHead:
            {
                Value qkv = Op("Reshape", [Linear(x, Width, 3 * Width, bias), Ints(0, Tokens, Heads, 3 * HeadSize)]);
                qkv = Permute(qkv, 0, 2, 1, 3);
                Value[] r = SplitIn3(qkv, 3, HeadSize);
                return Merge(Op("MatMul", [Softmax(Op("MatMul", [r[0], Permute(r[1], 0, 1, 3, 2)])), r[2]]), bias);
            }
            case TransformerStyle.PackedSeqFirst:
            {
                Value qkv = Linear(x, Width, 3 * Width, bias);
                Value batch = Op("Gather", [Op("Shape", [x]), ScalarInt(1)], ("axis", 0L));
                Value batchHeads = Unsqueeze(Op("Mul", [batch, ScalarInt(Heads)]), 0);
                Value third = Op("Div", [Op("Gather", [Op("Shape", [qkv]), ScalarInt(2)], ("axis", 0L)), ScalarInt(3)]);
                Value Role(int i)
                {
                    Value start = Unsqueeze(Op("Mul", [third, ScalarInt(i)]), 0), end = Unsqueeze(Op("Mul", [third, ScalarInt(i + 1)]), 0);
                    Value part = Op("Slice", [qkv, start, end, Ints(2)]);
                    return Op("Transpose", [Op("Reshape", [part, Op("Concat", [Ints(Tokens), batchHeads, Ints(HeadSize)], ("axis", 0L))])], ("perm", new long[] { 1, 0, 2 }));
                }
                Value q = Role(0), k = Role(1), v = Role(2);
                Value scale = Op("Sqrt", [Op("Cast", [Op("Gather", [Op("Shape", [q]), ScalarInt(2)], ("axis", 0L))], ("to", 1L))]);
                Value scores = Op("MatMul", [Op("Div", [q, scale]), Permute(k, 0, 2, 1)]);
                Value context = Op("Transpose", [Op("MatMul", [Softmax(scores), v])], ("perm", new long[] { 1, 0, 2 }));
                Value merged = Op("Reshape", [context, Op("Concat", [Unsqueeze(Op("Mul", [batch, ScalarInt(Tokens)]), 0), Ints(Width)], ("axis", 0L))]);
                Value o = _graph.AddNode(
                    "Gemm", [merged, Weight(Width, Width), Weight(Width)], "out", attributes: Attributes(("transB", 1L))).Outputs[0];
                return Op("Reshape", [o, Op("Concat", [Ints(Tokens), Unsqueeze(batch, 0), Ints(Width)], ("axis", 0L))]);
            }
            case TransformerStyle.EinsumDynamic:
            {
                Value shape = Op("Shape", [x]);
                Value n = Unsqueeze(Op("Gather", [shape, ScalarInt(0)], ("axis", 0L)), 0), t = Unsqueeze(Op("Gather", [shape, ScalarInt(1)], ("axis", 0L)), 0);
                Value qkv = Op("Reshape", [Linear(x, Width, 3 * Width, bias), Op("Concat", [n, t, Ints(3, Heads, HeadSize)], ("axis", 0L))]);
                qkv = Permute(qkv, 2, 0, 3, 1, 4);
                Value[] r = [.. Enumerable.Range(0, 3).Select(i => Op("Gather", [qkv, ScalarInt(i)], ("axis", 0L)))];
                Value scores = Op("Einsum", [r[0], r[1]], ("equation", "bhid,bhjd->bhij"));
                Value scale = Op("Sqrt", [Op("Cast", [Op("Gather", [Op("Shape", [r[0]]), ScalarInt(3)], ("axis", 0L))], ("to", 1L))]);
                Value context = Op("Einsum", [Softmax(Op("Div", [scores, scale])), r[2]], ("equation", "bhij,bhjd->bhid"));
                Value merged = Op("Reshape", [Permute(context, 0, 2, 1, 3), Op("Concat", [n, t, Ints(-1)], ("axis", 0L))]);
                return Linear(merged, Width, Width, bias);
            }
            default:
                return ExporterAttention(x);
        }
    }
}
