namespace PruneTasks.Onnx.Serialization;

// What was read, kept beside the graph so that the writer can tell touched from untouched.

/// <summary>The whole file.</summary>
/// <param name="Message">The <c>ModelProto</c>.</param>
/// <param name="External">Files beside the model that it refers to.</param>
internal sealed record LoadedModel(WireMessage Message, ExternalData External);

/// <summary>The graph.</summary>
/// <param name="Message">The <c>GraphProto</c>.</param>
/// <param name="Owners">For each field: the <see cref="Node"/> or <see cref="Value"/> it describes, or <see langword="null"/> for anything else.</param>
internal sealed record LoadedGraph(WireMessage Message, object?[] Owners);

/// <summary>A node.</summary>
/// <param name="Field">Tag and content as in the file.</param>
/// <param name="Message">The <c>NodeProto</c>.</param>
/// <param name="Attributes">Attributes as they were read; a different object under a name means that it was replaced.</param>
internal sealed record LoadedNode(ReadOnlyMemory<byte> Field, WireMessage Message, IReadOnlyDictionary<string, AttributeData> Attributes)
{
    /// <summary>A tensor of its attributes, or of its bodies, lies in another file.</summary>
    public bool HasExternalData { get; init; }
}

/// <summary>An initializer.</summary>
/// <param name="Message">The <c>TensorProto</c> or <c>SparseTensorProto</c>.</param>
/// <param name="Constant">Its content as read; a different object means that it was replaced.</param>
/// <param name="IsExternal">Its data lies in another file.</param>
internal sealed record LoadedInitializer(WireMessage Message, TensorData? Constant, bool IsExternal)
{
    /// <summary>Bytes in another file of an element type that is not read.</summary>
    public ReadOnlyMemory<byte> Opaque { get; init; }
}
