using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Text.Trainer.Training;

/// <summary>The measures of a transformer for texts.</summary>
/// <param name="Vocabulary">Number of tokens that it knows.</param>
/// <param name="Length">Most tokens of a text.</param>
/// <param name="Width">Length of a token's vector.</param>
/// <param name="Depth">Number of blocks.</param>
/// <param name="Heads">Attention heads per block.</param>
/// <param name="Hidden">Neurons in the feed-forward layer.</param>
/// <param name="Outputs">Classes, or tokens.</param>
/// <param name="Causal">Each token sees those before it only, and scores come out for each; otherwise all see all, and scores are of the whole.</param>
internal sealed record TextTransformerShape(int Vocabulary, int Length, int Width, int Depth, int Heads, int Hidden, int Outputs, bool Causal)
{
    /// <summary>Length of a head's query, key and value vectors.</summary>
    public int HeadWidth => Width / Heads;
}

/// <summary>
/// A plain transformer (Vaswani et al. 2017) with learned positions, pre-norm blocks and GELU: a decoder (Radford et al. 2019), or an encoder
/// whose tokens are averaged, padding left out, before a linear head.
/// </summary>
internal sealed class TextTransformer : Module<Tensor, Tensor, Tensor>
{
    /// <summary>Added to the scores of tokens that must not be seen.</summary>
    public const float Hide = -10000f;

    private readonly Embedding words;
    private readonly Parameter positions;
    private readonly ModuleList<TextBlock> blocks;
    private readonly LayerNorm norm;
    private readonly Linear head;
    private readonly TextTransformerShape _shape;

    public TextTransformer(TextTransformerShape shape)
        : base(nameof(TextTransformer))
    {
        _shape = shape;
        words = Embedding(shape.Vocabulary, shape.Width);
        init.normal_(words.weight!, 0, 0.05);
        positions = Parameter(0.05f * randn(shape.Length, shape.Width));
        blocks = new ModuleList<TextBlock>([.. Enumerable.Range(0, shape.Depth).Select(_ => new TextBlock(shape))]);
        norm = LayerNorm(shape.Width);
        head = Linear(shape.Width, shape.Outputs);
        RegisterComponents();
    }

    /// <summary>Ids [batch, length] and mask [batch, length] (1 for tokens) to logits [batch, outputs], or [batch, length, outputs].</summary>
    public override Tensor forward(Tensor ids, Tensor mask)
    {
        var length = ids.shape[1];
        var hidden = _shape.Causal
            ? triu(full([length, length], Hide), 1)
            : (1 - mask.to_type(ScalarType.Float32)).unsqueeze(1).unsqueeze(1) * Hide;
        var tokens = words.call(ids) + positions[TensorIndex.Slice(0, length)];
        foreach (var block in blocks)
            tokens = block.call(tokens, hidden);
        tokens = norm.call(tokens);
        if (_shape.Causal)
            return head.call(tokens);
        var shares = mask.to_type(ScalarType.Float32).unsqueeze(2);
        return head.call((tokens * shares).sum(1) / shares.sum(1));
    }
}

/// <summary>Attention, then the feed-forward layer, each added to its normalised input's stream.</summary>
internal sealed class TextBlock : Module<Tensor, Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly Linear query;
    private readonly Linear key;
    private readonly Linear value;
    private readonly Linear project;
    private readonly LayerNorm norm2;
    private readonly Linear up;
    private readonly Linear down;
    private readonly TextTransformerShape _shape;

    public TextBlock(TextTransformerShape shape)
        : base(nameof(TextBlock))
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

    public override Tensor forward(Tensor input, Tensor hidden)
    {
        var x = norm1.call(input);
        var scores = (Heads(query.call(x)).matmul(Heads(key.call(x)).transpose(2, 3)) * (1 / Math.Sqrt(_shape.HeadWidth))) + hidden;
        var mixed = scores.softmax(-1).matmul(Heads(value.call(x))).transpose(1, 2);
        var middle = input + project.call(mixed.reshape(input.shape[0], -1, _shape.Width));
        return middle + down.call(functional.gelu(up.call(norm2.call(middle))));
    }

    private Tensor Heads(Tensor x) => x.reshape(x.shape[0], -1, _shape.Heads, _shape.HeadWidth).transpose(1, 2);
}
