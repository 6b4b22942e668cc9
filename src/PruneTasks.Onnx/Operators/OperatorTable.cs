namespace PruneTasks.Onnx;

/// <summary>
/// The table of operators: the one place that says how an operator's axes behave, what shape its results have, and whether it is lowered.
/// An operator that is not in it is a barrier. docs/operators.md is generated from it.
/// </summary>
/// <remarks>Source of names, versions and arities: ONNX, docs/Operators.md and docs/Changelog.md; com.microsoft: ONNX Runtime, docs/ContribOperators.md.</remarks>
public sealed class OperatorTable
{
    private readonly Dictionary<(string Domain, string Name), OperatorInfo> _rows = [];

    private OperatorTable(IEnumerable<OperatorInfo> rows)
    {
        foreach (OperatorInfo row in rows) _rows.Add((row.Domain, row.Name), row);
    }

    /// <summary>The table.</summary>
    public static OperatorTable Default { get; } = new(
    [
        .. ElementwiseOperators.Rows,
        .. ProductOperators.Rows,
        .. AxisOperators.Rows,
        .. LayoutOperatorRows.Rows,
        .. OtherOperators.Rows,
        .. RegionOperators.Rows,
        .. SignalOperators.Rows,
        .. SequenceOperators.Rows,
        .. ContribOperators.Rows,
    ]);

    /// <summary>All rows, by domain and name.</summary>
    public IEnumerable<OperatorInfo> Rows => _rows.Values.OrderBy(r => r.Domain, StringComparer.Ordinal).ThenBy(r => r.Name, StringComparer.Ordinal);

    /// <summary>The row of <paramref name="node"/>'s operator, or <see langword="null"/> if the table has none.</summary>
    public OperatorInfo? Find(Node node) => Find(node.Domain, node.OpType);

    /// <summary>The row of an operator; the domain of ai.onnx is empty.</summary>
    public OperatorInfo? Find(string domain, string name) => _rows.GetValueOrDefault((domain, name));

    /// <summary>How axes pass through <paramref name="node"/>; an unknown operator is a barrier.</summary>
    public AxisBehaviour BehaviourOf(Node node) => Find(node)?.Behaviour ?? AxisBehaviour.Barrier;
}
