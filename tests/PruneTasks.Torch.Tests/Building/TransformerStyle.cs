namespace PruneTasks.Torch.Tests.Building;

/// <summary>The ways in which exporters write one and the same transformer block.</summary>
public enum TransformerStyle
{
    /// <summary>Three MatMul+Add, Reshape to [B, T, H, d], Transpose, keys transposed by a second Transpose.</summary>
    Split,

    /// <summary>As Split, with the key transposed in one go, scale on the queries, Gemm-free, no biases.</summary>
    SplitNoBias,

    /// <summary>One packed layer cut by Slice along the last axis, then seq-first with batch and heads merged.</summary>
    PackedSeqFirst,

    /// <summary>One packed layer, Split along the last axis.</summary>
    PackedSplit,

    /// <summary>One packed layer, Reshape to [B, T, 3, H, d], Transpose to [3, B, H, T, d], Gather per role.</summary>
    PackedGather,

    /// <summary>As PackedGather with Split and Squeeze per role.</summary>
    PackedSplitSqueeze,

    /// <summary>One packed layer in the order (head, role, dimension): Reshape to [B, T, H, 3, d], Split.</summary>
    PackedPerHead,

    /// <summary>Einsum for both attention products, shape vectors computed from Shape, scale from Shape.</summary>
    EinsumDynamic,

    /// <summary>Dynamo exporter: weights behind a Transpose, constants in Constant nodes, Reshape with allowzero, MatMul on rows with the bias added after the Reshape back.</summary>
    Dynamo,

    /// <summary>BERT: dynamic batch and sequence, shapes from Shape, -1 in Concat, additive mask made from an int64 input.</summary>
    HuggingFaceMasked,

    /// <summary>timm with scaled_dot_product_attention: queries and keys each scaled by a root of the head size, keys transposed behind a Reshape, weights guarded against NaN.</summary>
    ScaledDotProduct,

    /// <summary>open_clip, nn.MultiheadAttention batch-first: Transpose at entry and exit, packed Gemm on [T·B, E], roles unpacked by Unsqueeze, Transpose, Squeeze and Gather.</summary>
    PackedGemmRows,

    /// <summary>Keras: EinsumDense projections with weights [E, H, d] and biases [H, d], attention products by Einsum in Keras's letters.</summary>
    EinsumDense,

    /// <summary>tf2onnx: Reshape to [B·T, E], MatMul, Reshape to [B, T, H, d], bias [H, d] after it.</summary>
    TensorFlowRows,

    /// <summary>Einsum 'bqhd,bkhd->bhqk' on heads that stay behind the tokens.</summary>
    EinsumHeadsInside,

    /// <summary>Swin: windows by Reshape and Transpose, shifted by Slice and Concat, relative position bias and window mask.</summary>
    ShiftedWindows,

    /// <summary>Causal mask by Trilu and Where.</summary>
    Causal,

    /// <summary>Keys and values from another sequence of another length.</summary>
    CrossAttention,

    /// <summary>The packed projection is scaled as a whole before it is cut.</summary>
    PackedScaled,
}

/// <summary>The ways in which exporters write the feed-forward part.</summary>
public enum FeedForwardForm
{
    /// <summary>GELU by Erf.</summary>
    Erf,

    /// <summary>SiLU-gated, two producers.</summary>
    Gated,

    /// <summary>GELU by Tanh, written out.</summary>
    Tanh,

    /// <summary>x · sigmoid(1.702 x).</summary>
    Quick,

    /// <summary>The operator Gelu (opset 20).</summary>
    GeluOperator,

    /// <summary>Gemm on [B·T, E], transB, alpha and beta, Reshape around.</summary>
    GemmScaled,

    /// <summary>MatMul on rows, Reshape back, bias after it.</summary>
    Rows,

    /// <summary>Dropout and Identity nodes between.</summary>
    Dropout,
}

/// <summary>The ways in which a block joins its parts.</summary>
public enum BlockForm
{
    /// <summary>x + f(norm(x)), the stream as first operand.</summary>
    PreNorm,

    /// <summary>f(norm(x)) + x.</summary>
    StreamSecond,

    /// <summary>norm(x + f(x)).</summary>
    PostNorm,

    /// <summary>x + γ · f(norm(x)).</summary>
    LayerScale,

    /// <summary>x + attention(norm(x)) + feedforward(norm(x)).</summary>
    Parallel,

    /// <summary>BatchNormalization over features.</summary>
    BatchNorm,
}

/// <summary>One way to write a transformer.</summary>
public sealed record TransformerForm(
    TransformerStyle Style, FeedForwardForm FeedForward = FeedForwardForm.Erf, BlockForm Block = BlockForm.PreNorm, long Opset = 17);
