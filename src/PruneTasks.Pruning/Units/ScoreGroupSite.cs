using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Dimensions of the query-key product that cannot be rotated into each other: because a position turns them in pairs (rotary embedding; Su et al. 2021,
/// eq. 34), or because several query heads share one key head. A unit is what has to go together: a frequency pair, or a dimension, in every head.
/// </summary>
/// <param name="Name">See <see cref="PruneSite"/>.</param>
/// <param name="Units">Number of pairs or dimensions.</param>
/// <param name="Affected">Values from both layers up to the product.</param>
/// <param name="First">See <see cref="PruneSite"/>.</param>
/// <param name="Product">The product of queries and keys.</param>
/// <param name="Query">Queries.</param>
/// <param name="Key">Keys.</param>
/// <param name="Cuts">Inputs from elsewhere, such as cosines and sines, of which only the coordinates of kept units are read.</param>
public sealed record ScoreGroupSite(
    string Name, int Units, IReadOnlyList<AffectedAxis> Affected, Node First, Node Product, ScoreOperand Query, ScoreOperand Key, IReadOnlyList<ScoreCut> Cuts)
    : PruneSite(UnitKind.QueryKey, Name, Units, Affected, First);

/// <summary>One side of a product of queries and keys.</summary>
/// <param name="Layer">The layer that makes it.</param>
/// <param name="UnitOfColumn">Unit of each output column of the layer, or -1.</param>
/// <param name="Operand">The operand of the product.</param>
/// <param name="SumAxis">Its axis that is summed over.</param>
/// <param name="TokenAxis">Its axis of tokens.</param>
/// <param name="UnitOf">Unit of each coordinate of <paramref name="SumAxis"/>, or -1.</param>
public sealed record ScoreOperand(LinearView Layer, IReadOnlyList<int> UnitOfColumn, Value Operand, int SumAxis, int TokenAxis, IReadOnlyList<int> UnitOf)
{
    /// <summary>Columns of the layer that belong to one unit.</summary>
    public int ColumnsPerUnit => UnitOfColumn.Count(u => u == 0);

    /// <summary>Dimensions of the product that belong to one unit.</summary>
    public int DimensionsPerUnit => UnitOf.Count(u => u == 0);
}

/// <summary>Input <paramref name="Input"/> of <paramref name="Node"/> has an axis along the units, and is read by others too.</summary>
public sealed record ScoreCut(Node Node, int Input, int Axis, IReadOnlyList<int> UnitOf);
