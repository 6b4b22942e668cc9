using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx;

/// <summary>A named edge of the graph: a graph input, an initializer, or an output of a node. Equality is identity.</summary>
public sealed class Value
{
    private readonly List<Use> _uses = [];
    private readonly List<Node> _capturers = [];

    internal Value(string name) => Name = name;

    /// <summary>Unique name within its graph; never empty.</summary>
    public string Name { get; }

    /// <summary>The node this is an output of; <see langword="null"/> for graph inputs and initializers.</summary>
    public Node? Producer { get; internal set; }

    /// <summary>Element type where the file declares it (value_info, input, output, initializer), else <see cref="ElementType.Undefined"/>.</summary>
    public ElementType Type { get; internal set; }

    /// <summary>Axes where the file declares them: fixed sizes, symbols, or unknown; <see langword="null"/> if nothing is declared.</summary>
    public IReadOnlyList<Axis>? DeclaredShape { get; internal set; }

    /// <summary>Its content if it is an initializer or the output of a <c>Constant</c> node; else <see langword="null"/>.</summary>
    /// <remarks>
    /// An initializer that is also listed as a graph input is a default that a caller could override. Exporters listed all weights that way
    /// (IR version 3 demanded it), and no caller gives them: they count as constants, and are no <see cref="Graph.Inputs"/>.
    /// Also <see langword="null"/> for sparse initializers and for element types that <see cref="ElementType"/> does not name.
    /// </remarks>
    public TensorData? Constant { get; internal set; }

    /// <summary>Stored as an initializer of the graph.</summary>
    public bool IsInitializer { get; internal set; }

    /// <summary>One of <see cref="Graph.Inputs"/>.</summary>
    public bool IsGraphInput { get; internal set; }

    /// <summary>Listed among the graph's outputs.</summary>
    public bool IsGraphOutput { get; internal set; }

    /// <summary>Also read inside the body of a control-flow node (If, Loop, Scan), by name.</summary>
    public bool IsCaptured => _capturers.Count > 0;

    /// <summary>Control-flow nodes whose bodies read this value, in insertion order.</summary>
    public IReadOnlyList<Node> Capturers => _capturers;

    /// <summary>Stands in a body for the value of the same name around it.</summary>
    public bool IsOuter { get; internal set; }

    /// <summary>Node inputs that read this value, in insertion order.</summary>
    public IReadOnlyList<Use> Uses => _uses;

    /// <summary>What the file held for an initializer; else <see langword="null"/>.</summary>
    internal LoadedInitializer? Wire { get; set; }

    /// <summary>The declared shape was found wrong; its value_info is not written.</summary>
    internal bool IsShapeForgotten { get; set; }

    /// <summary>A graph input or output whose declaration is no longer the file's.</summary>
    internal bool IsDeclaredAnew { get; set; }

    /// <summary>Stands for an output that the file left out; it has no name there.</summary>
    internal bool IsOmitted { get; set; }

    internal void AddCapturer(Node node) => _capturers.Add(node);

    internal void RemoveCapturer(Node node) => _capturers.Remove(node);

    internal void AddUse(Use use) => _uses.Add(use);

    internal void RemoveUse(Use use) => _uses.Remove(use);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Input number <paramref name="Index"/> of <paramref name="Node"/>.</summary>
public readonly record struct Use(Node Node, int Index);

/// <summary>One axis of a declared shape: a size, a symbol (ONNX <c>dim_param</c>), or neither when unknown.</summary>
public readonly record struct Axis(long? Size, string? Symbol)
{
    /// <inheritdoc/>
    public override string ToString() => Size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? Symbol ?? "?";
}
