namespace PruneTasks.Onnx;

/// <summary>How the axes of an operator's inputs pass to its outputs: what removal of coordinates along an axis meets there.</summary>
public enum AxisBehaviour
{
    /// <summary>No removal passes.</summary>
    Barrier,
    /// <summary>One operand, element by element: every axis passes.</summary>
    Unary,
    /// <summary>Several operands, element by element, with broadcasting: every axis passes, and takes the same axis of the others along.</summary>
    Binary,
    /// <summary>Matrix product: one axis is summed over, one of each operand is free, the others are batch axes.</summary>
    MatMul,
    /// <summary>Matrix product of two matrices plus a bias.</summary>
    Gemm,
    /// <summary>Product by equation.</summary>
    Einsum,
    /// <summary>Convolution: input channels are summed over (within groups), output channels are new, spatial axes slide.</summary>
    Conv,
    /// <summary>Normalised exponentials along an axis; the other axes pass.</summary>
    Softmax,
    /// <summary>Mean and variance along some axes; the other axes pass, and take scale and bias along.</summary>
    Normalization,
    /// <summary>Some axes are reduced; the others pass.</summary>
    Reduce,
    /// <summary>Windows slide over the spatial axes; batch and channels pass.</summary>
    Pool,
    /// <summary>Spatial axes change their size; the others pass.</summary>
    Resize,
    /// <summary>Axes change places.</summary>
    Transpose,
    /// <summary>The elements keep their order, axes are joined, split, added or dropped.</summary>
    Reshape,
    /// <summary>A range of an axis.</summary>
    Slice,
    /// <summary>An axis is cut into several outputs.</summary>
    Split,
    /// <summary>An axis is joined from several inputs.</summary>
    Concat,
    /// <summary>Coordinates of an axis are picked by index.</summary>
    Gather,
    /// <summary>Axes are repeated.</summary>
    Expand,
    /// <summary>Axes grow at their ends.</summary>
    Pad,
    /// <summary>Makes sizes, counts, or tensors from sizes; reads no element of an activation.</summary>
    ShapeArithmetic,
    /// <summary>A recurrent cell over the time axis.</summary>
    Recurrent,
    /// <summary>Attention in one operator: heads of queries, keys and values belong together, the features of a head are summed over or mixed.</summary>
    Attention,
    /// <summary>The coordinates along one axis depend on each other (running sums, order, windows over channels); the other axes pass.</summary>
    Along,
}
