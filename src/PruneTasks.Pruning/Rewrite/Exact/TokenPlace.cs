namespace PruneTasks.Pruning;

/// <summary>
/// Where the tokens run in a value: along <paramref name="Axis"/>, each token <paramref name="Inner"/> coordinates after the one before. An axis
/// that joins samples and tokens has a larger size than there are tokens, or an <paramref name="Inner"/> above 1, or both.
/// </summary>
/// <param name="Axis">The axis.</param>
/// <param name="Inner">Coordinates of the axis from one token to the next, for each run of shape inference.</param>
internal sealed record TokenPlace(int Axis, IReadOnlyList<long> Inner)
{
    /// <summary>The same place on another axis.</summary>
    public TokenPlace On(int axis) => axis == Axis ? this : this with { Axis = axis };

    /// <summary>Whether both are one place.</summary>
    public bool IsSame(TokenPlace other) => Axis == other.Axis && Inner.SequenceEqual(other.Inner);
}
