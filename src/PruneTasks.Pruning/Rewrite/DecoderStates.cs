using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>All caches of a decoder that can be taken off, whatever joins past and new: an operator of a whole attention layer, or a Concat in front of it.</summary>
public sealed class DecoderStates
{
    private readonly DetachedStates? _joined;

    private DecoderStates(FusedStates? operators, DetachedStates? joined) => (Operators, _joined) = (operators, joined);

    /// <summary>Those of operators that come back whole; <see langword="null"/> if there are none.</summary>
    public FusedStates? Operators { get; }

    /// <summary>Number of caches that were taken off.</summary>
    public int Count => (Operators?.Count ?? 0) + (_joined?.Count ?? 0);

    /// <summary>Takes the caches off.</summary>
    /// <param name="model">The model, which is edited.</param>
    /// <param name="dense">The same model, not to be edited any more.</param>
    /// <param name="states">Its states.</param>
    /// <param name="operators">Also those of operators, which are of use only if they are taken apart then.</param>
    /// <returns>What <see cref="Return"/> needs; <see langword="null"/> if there was nothing, and nothing was changed.</returns>
    public static DecoderStates? Take(OnnxModel model, OnnxModel dense, IEnumerable<StateName> states, bool operators)
    {
        StateName[] all = [.. states];
        FusedStates? fused = operators ? FusedStates.Detach(model, dense, all) : null;
        if (operators) JoinedStates.Apply(model, all);
        DetachedStates? joined = DetachedStates.Detach(model, all);
        return fused is null && joined is null ? null : new DecoderStates(fused, joined);
    }

    /// <summary>Puts them back, with the sizes and heads that there are now.</summary>
    /// <param name="model">What became of the model; edited.</param>
    /// <param name="apart">Attention operators that were taken apart since, and still are.</param>
    /// <exception cref="InvalidOperationException">A place is gone, or a size is not known.</exception>
    public void Return(OnnxModel model, IEnumerable<FusedAttention> apart)
    {
        _joined?.Attach(model);
        Operators?.Attach(model, apart);
    }
}
