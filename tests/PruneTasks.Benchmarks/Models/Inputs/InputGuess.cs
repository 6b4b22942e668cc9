using PruneTasks.Onnx;

namespace PruneTasks.Benchmarks.Models.Inputs;

/// <summary>What an input of a model stands for, as far as its graph tells.</summary>
internal enum InputRole
{
    /// <summary>Numbers without a form: independent normal ones.</summary>
    Features,

    /// <summary>Pixels: neighbours are alike.</summary>
    Image,

    /// <summary>A long signal over time.</summary>
    Signal,

    /// <summary>Indices into a table.</summary>
    Tokens,

    /// <summary>The place of each token: 0, 1, 2, …</summary>
    Places,

    /// <summary>Ones where something counts.</summary>
    Mask,

    /// <summary>How long a sequence is.</summary>
    Length,

    /// <summary>A setting, one number.</summary>
    Setting,

    /// <summary>What the run before gave back.</summary>
    State,
}

/// <summary>An input, and what it stands for.</summary>
/// <param name="Value">The input.</param>
/// <param name="Role">What it stands for.</param>
internal sealed record InputGuess(Value Value, InputRole Role)
{
    /// <summary>Whole numbers to draw from, this one excluded.</summary>
    public long Below { get; init; } = 2;

    /// <summary>The value of a <see cref="InputRole.Setting"/>.</summary>
    public long Setting { get; init; } = 1;

    /// <summary>Pixels from 0 to 255 rather than around 0.</summary>
    public bool IsBytes { get; init; }

    /// <summary>Index of the output that is the next value of a <see cref="InputRole.State"/>.</summary>
    public int NextState { get; init; } = -1;

    /// <summary>Sizes that the operators behind the input demand, by axis; null where they say nothing.</summary>
    public IReadOnlyList<long?>? Demanded { get; init; }

    /// <summary>Its values are not whole numbers.</summary>
    public bool IsFloat => Value.Type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64;
}
