using PruneTasks.Onnx.Serialization;

namespace PruneTasks.Onnx;

/// <summary>An ONNX model: the graph and the facts around it that pruning reads.</summary>
public sealed class OnnxModel
{
    internal OnnxModel(Graph graph) => Graph = graph;

    /// <summary>A model made in code.</summary>
    /// <param name="graph">Its graph; may still be edited.</param>
    /// <param name="opset">Opset version of ai.onnx.</param>
    /// <param name="irVersion">Version of the ONNX IR (<c>ModelProto.ir_version</c>).</param>
    /// <param name="producer">Name of the tool that makes it.</param>
    public static OnnxModel Create(Graph graph, long opset, long irVersion, string producer) =>
        Create(graph, new Dictionary<string, long> { [""] = opset }, irVersion, producer);

    /// <summary>A model made in code, with operators of several domains.</summary>
    /// <param name="graph">Its graph; may still be edited.</param>
    /// <param name="opsets">Opset version by domain; ai.onnx under the empty string.</param>
    /// <param name="irVersion">Version of the ONNX IR (<c>ModelProto.ir_version</c>).</param>
    /// <param name="producer">Name of the tool that makes it.</param>
    public static OnnxModel Create(Graph graph, IReadOnlyDictionary<string, long> opsets, long irVersion, string producer) => new(graph)
    {
        IrVersion = irVersion,
        ProducerName = producer,
        Opsets = opsets,
    };

    /// <summary>Version of the ONNX IR (<c>ModelProto.ir_version</c>).</summary>
    public long IrVersion { get; internal set; }

    /// <summary>Tool that wrote the file.</summary>
    public string ProducerName { get; internal set; } = "";

    /// <summary>Opset version by domain; ai.onnx under the empty string.</summary>
    public IReadOnlyDictionary<string, long> Opsets { get; internal set; } = new Dictionary<string, long>();

    /// <summary>Opset version of ai.onnx.</summary>
    public long Opset => Opsets.TryGetValue("", out long version) ? version : 1;

    /// <summary>The main graph.</summary>
    public Graph Graph { get; }

    /// <summary>Bytes of weights that lie in other files, beside the one it was read from.</summary>
    public long ExternalBytes => Wire?.External.TotalBytes ?? 0;

    /// <summary>Bytes of the files that hold these.</summary>
    public long ExternalFileBytes => Wire?.External.FileBytes ?? 0;

    /// <summary>Locations of these files as the model has them, relative to its folder.</summary>
    public IReadOnlyList<string> ExternalLocations => Wire?.External.Locations ?? [];

    /// <summary>Where contents of edited initializers go; <see langword="null"/> if they stay in memory.</summary>
    public TensorStore? Store => Graph.Store;

    /// <summary>What the file held; <see langword="null"/> for a model made here.</summary>
    internal LoadedModel? Wire { get; set; }
}
