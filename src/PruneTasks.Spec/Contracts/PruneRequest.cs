using PruneTasks.Json;

namespace PruneTasks.Spec.Contracts;

/// <summary>One run of the worker, resolved by the MSBuild task: <c>request.json</c>. Paths are absolute.</summary>
public sealed record PruneRequest
{
    /// <summary>Version of the contract, 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The spec.</summary>
    public required string Spec { get; init; }

    /// <summary>The model; null means that of the spec.</summary>
    public string? Model { get; init; }

    /// <summary>The name of outputs and resource; null means the stem of the spec.</summary>
    public string? Name { get; init; }

    /// <summary>The name of the class; null means that of the spec.</summary>
    public string? ClassName { get; init; }

    /// <summary>The namespace; null means that of the spec.</summary>
    public string? Namespace { get; init; }

    /// <summary>Folder for the outputs.</summary>
    public required string Output { get; init; }

    /// <summary>Folder in which a long build keeps its steps; null means <c>checkpoint</c> in <see cref="Output"/>. Gone after a good run.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Folder of libtorch's native libraries; null means to look for them.</summary>
    public string? LibTorch { get; init; }

    /// <summary>ONNX Runtime's native library or its folder; null means to look for it.</summary>
    public string? OnnxRuntime { get; init; }

    /// <summary>Number of threads; 0 means as many as there are cores.</summary>
    public int Threads { get; init; }

    /// <summary>The spec as this request changes it: item metadata win over the file.</summary>
    public PruneSpec Apply(PruneSpec spec) => spec with
    {
        Model = Model is null ? spec.Model : new SpecPath(Model.Replace('\\', '/'), Path.GetFullPath(Path.Combine(spec.Folder, Model))),
        Name = Name ?? spec.Name,
        ClassName = ClassName ?? spec.ClassName,
        Namespace = Namespace ?? spec.Namespace,
    };

    /// <summary>The text of the file.</summary>
    public string ToJson() => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(Version)),
        ("spec", JsonValue.Of(Spec)),
        ("model", JsonValue.Of(Model)),
        ("name", JsonValue.Of(Name)),
        ("class", JsonValue.Of(ClassName)),
        ("namespace", JsonValue.Of(Namespace)),
        ("output", JsonValue.Of(Output)),
        ("checkpoint", JsonValue.Of(Checkpoint)),
        ("libtorch", JsonValue.Of(LibTorch)),
        ("onnxruntime", JsonValue.Of(OnnxRuntime)),
        ("threads", JsonValue.Of(Threads))));

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="ContractFormatException">It is no request of a known version.</exception>
    public static PruneRequest Parse(string json) => ContractFormatException.Guard("request", json, root => new PruneRequest
    {
        Version = root.RequireVersion(1),
        Spec = root.RequireString("spec"),
        Model = root.FindString("model"),
        Name = root.FindString("name"),
        ClassName = root.FindString("class"),
        Namespace = root.FindString("namespace"),
        Output = root.RequireString("output"),
        Checkpoint = root.FindString("checkpoint"),
        LibTorch = root.FindString("libtorch"),
        OnnxRuntime = root.FindString("onnxruntime"),
        Threads = Math.Max(0, root.RequireInt("threads")),
    });
}
