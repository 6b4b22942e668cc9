namespace PruneTasks.Torch.Compensation;

/// <summary>What a network gives on the samples is no ground to fit anything on: numbers that are not finite, or of so many orders of magnitude that no digit of the small ones is left.</summary>
public sealed class UnfitDataException : Exception
{
    /// <summary>Says so.</summary>
    public UnfitDataException()
        : base("a layer gives numbers on the calibration data that are not finite, or far too large beside others")
    {
    }

    /// <summary>The number, if it is one.</summary>
    internal static double RequireFinite(double number) => double.IsFinite(number) ? number : throw new UnfitDataException();
}
