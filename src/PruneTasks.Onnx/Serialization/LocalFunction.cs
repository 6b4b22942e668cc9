namespace PruneTasks.Onnx.Serialization;

/// <summary>A local function of a model (<c>FunctionProto</c>): nodes under one name, with inputs, outputs and attributes.</summary>
internal sealed class LocalFunction
{
    private LocalFunction(WireMessage message)
    {
        Message = message;
        Key = new(Domain(message.TextOf(FunctionFields.Domain)), message.TextOf(FunctionFields.Name), message.TextOf(FunctionFields.Overload));
        Inputs = [.. message.All(FunctionFields.Input).Select(message.Text)];
        Outputs = [.. message.All(FunctionFields.Output).Select(message.Text)];
        Nodes = [.. message.All(FunctionFields.Node).Select(message.Message)];
        Opsets = [.. message.All(FunctionFields.OpsetImport).Select(message.Message)];
        foreach (WireMessage attribute in message.All(FunctionFields.AttributeDefault).Select(message.Message)) Defaults[attribute.TextOf(AttributeFields.Name)] = attribute;
    }

    /// <summary>By what nodes call it.</summary>
    public FunctionKey Key { get; }

    public WireMessage Message { get; }

    public IReadOnlyList<string> Inputs { get; }

    public IReadOnlyList<string> Outputs { get; }

    public IReadOnlyList<WireMessage> Nodes { get; }

    /// <summary>Opsets that its nodes are written for.</summary>
    public IReadOnlyList<WireMessage> Opsets { get; }

    /// <summary>Attributes that a call may leave out, by name.</summary>
    public Dictionary<string, WireMessage> Defaults { get; } = new(StringComparer.Ordinal);

    /// <summary>All functions of a model; the first of a name counts.</summary>
    public static Dictionary<FunctionKey, LocalFunction> In(WireMessage model)
    {
        Dictionary<FunctionKey, LocalFunction> functions = [];
        foreach (WireField field in model.All(ModelFields.Function))
        {
            LocalFunction function = new(model.Message(field));
            functions.TryAdd(function.Key, function);
        }
        return functions;
    }

    internal static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;
}

/// <summary>Name of a local function; also what a node calls.</summary>
internal readonly record struct FunctionKey(string Domain, string Name, string Overload)
{
    /// <summary>What <paramref name="node"/> calls.</summary>
    public static FunctionKey Of(WireMessage node) =>
        new(LocalFunction.Domain(node.TextOf(NodeFields.Domain)), node.TextOf(NodeFields.OpType), node.TextOf(NodeFields.Overload));

    /// <inheritdoc/>
    public override string ToString() => Domain.Length == 0 ? Name : $"{Domain}.{Name}";
}
