using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PersonalVision.Trainer.Training;

/// <summary>The measures of a vision transformer.</summary>
/// <param name="Side">Width and height of the grey image in pixels.</param>
/// <param name="Patch">Width and height of a patch in pixels.</param>
/// <param name="Width">Length of a token's vector.</param>
/// <param name="Depth">Number of blocks.</param>
/// <param name="Heads">Attention heads per block.</param>
/// <param name="Hidden">Neurons in the feed-forward layer.</param>
/// <param name="Classes">Number of classes.</param>
internal sealed record VisionTransformerShape(int Side, int Patch, int Width, int Depth, int Heads, int Hidden, int Classes)
{
    /// <summary>Length of a head's query, key and value vectors.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Patches and the class token.</summary>
    public int Tokens => Side / Patch * (Side / Patch) + 1;
}

/// <summary>
/// A plain vision transformer (Dosovitskiy et al. 2021): convolutional patch embedding, learned positions, class token,
/// pre-norm blocks with GELU, a linear head on the normalised class token. Weights and the residual stream are float32;
/// the matrix products inside the blocks compute in <see cref="Precision"/>.
/// </summary>
internal sealed class VisionTransformer : Module<Tensor, Tensor>
{
    private readonly Conv2d patch;
    private readonly Parameter classToken;
    private readonly Parameter positions;
    private readonly ModuleList<Block> blocks;
    private readonly LayerNorm norm;
    private readonly Linear head;
    private readonly int _width;

    public VisionTransformer(VisionTransformerShape shape)
        : base(nameof(VisionTransformer))
    {
        _width = shape.Width;
        patch = Conv2d(1, shape.Width, shape.Patch, stride: shape.Patch);
        classToken = Parameter(0.02f * randn(1, 1, shape.Width));
        positions = Parameter(0.02f * randn(1, shape.Tokens, shape.Width));
        blocks = new ModuleList<Block>([.. Enumerable.Range(0, shape.Depth).Select(_ => new Block(shape))]);
        norm = LayerNorm(shape.Width);
        head = Linear(shape.Width, shape.Classes);
        RegisterComponents();
    }

    /// <summary>bfloat16 while training is three times faster where the processor has it; float32 is what is exported.</summary>
    public ScalarType Precision { get; set; } = ScalarType.Float32;

    /// <summary>[batch, 1, side, side] to logits [batch, classes].</summary>
    public override Tensor forward(Tensor input)
    {
        var tokens = patch.call(input).flatten(2).transpose(1, 2);
        tokens = cat([classToken.expand(input.shape[0], 1, _width), tokens], 1) + positions;
        foreach (var block in blocks)
            tokens = block.call(tokens, Precision);
        return head.call(norm.call(tokens[TensorIndex.Colon, 0]));
    }
}

/// <summary>Attention, then the feed-forward layer, each added to its normalised input's stream.</summary>
internal sealed class Block : Module<Tensor, ScalarType, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly Linear query;
    private readonly Linear key;
    private readonly Linear value;
    private readonly Linear project;
    private readonly LayerNorm norm2;
    private readonly Linear up;
    private readonly Linear down;
    private readonly VisionTransformerShape _shape;

    public Block(VisionTransformerShape shape)
        : base(nameof(Block))
    {
        _shape = shape;
        norm1 = LayerNorm(shape.Width);
        query = Linear(shape.Width, shape.Width);
        key = Linear(shape.Width, shape.Width);
        value = Linear(shape.Width, shape.Width);
        project = Linear(shape.Width, shape.Width);
        norm2 = LayerNorm(shape.Width);
        up = Linear(shape.Width, shape.Hidden);
        down = Linear(shape.Hidden, shape.Width);
        foreach (var layer in new[] { query, key, value, project, up, down })
        {
            init.xavier_uniform_(layer.weight!);
            init.zeros_(layer.bias!);
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor input, ScalarType precision)
    {
        var x = norm1.call(input).to(precision);
        var scores = Heads(Product(query, x)).matmul(Heads(Product(key, x)).transpose(2, 3)) * (1 / Math.Sqrt(_shape.HeadWidth));
        var mixed = scores.softmax(-1).matmul(Heads(Product(value, x))).transpose(1, 2);
        var middle = input + Product(project, mixed.reshape(input.shape[0], -1, _shape.Width));
        return middle + Product(down, functional.gelu(Product(up, norm2.call(middle).to(precision))));
    }

    private static Tensor Product(Linear layer, Tensor x) =>
        functional.linear(x, layer.weight!.to(x.dtype), layer.bias!.to(x.dtype));

    private Tensor Heads(Tensor x) => x.reshape(x.shape[0], -1, _shape.Heads, _shape.HeadWidth).transpose(1, 2);
}
