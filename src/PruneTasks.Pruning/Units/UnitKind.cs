namespace PruneTasks.Pruning;

/// <summary>Kinds of prunable unit; the lower-case names <c>ffn</c>, <c>qk</c>, <c>vo</c>, <c>channel</c>, <c>group</c> are used in specs and reports.</summary>
public enum UnitKind
{
    /// <summary>One hidden neuron between two linear layers (feed-forward width).</summary>
    Ffn,

    /// <summary>One dimension of the query-key product, in every head at once.</summary>
    QueryKey,

    /// <summary>One dimension of the value-output product, in every head at once.</summary>
    ValueOutput,

    /// <summary>One channel (of a convolution, or of any layer that no other kind covers), in every layer that has to lose it at once.</summary>
    Channel,

    /// <summary>One key and value head with all query heads that share it.</summary>
    KeyGroup,
}

/// <summary>Names of <see cref="UnitKind"/> as users write and read them.</summary>
public static class UnitKindNames
{
    /// <summary><c>ffn</c>, <c>qk</c>, <c>vo</c>, <c>channel</c> or <c>group</c>.</summary>
    public static string ToSpecName(this UnitKind kind) => kind switch
    {
        UnitKind.Ffn => "ffn",
        UnitKind.QueryKey => "qk",
        UnitKind.ValueOutput => "vo",
        UnitKind.Channel => "channel",
        UnitKind.KeyGroup => "group",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
