namespace PruneTasks.Torch.Pricing;

/// <summary>Prices from gradients were asked for, and the network gives none: the message names the place.</summary>
public sealed class PriceGradientException : Exception
{
    /// <summary>An exception with its reason.</summary>
    public PriceGradientException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
