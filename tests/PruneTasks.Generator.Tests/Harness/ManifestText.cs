using System.Text.Json;
using System.Text.Json.Nodes;

namespace PruneTasks.Generator.Tests.Harness;

/// <summary>Writes manifests for tests.</summary>
internal sealed class ManifestText
{
    private readonly JsonObject _root;

    public ManifestText(string className = "Vit", string name = "vit") => _root = new JsonObject
    {
        ["version"] = 1,
        ["name"] = name,
        ["class"] = className,
        ["namespace"] = null,
        ["task"] = "generic",
        ["resource"] = $"PruneTasks.{name}.onnx",
        ["inputs"] = new JsonArray(),
        ["outputs"] = new JsonArray(),
    };

    public ManifestText With(string member, JsonNode? value)
    {
        _root[member] = value;
        return this;
    }

    public ManifestText Input(string name, string type, params object?[]? shape) => Tensor("inputs", name, type, shape);

    public ManifestText Output(string name, string type, params object?[]? shape) => Tensor("outputs", name, type, shape);

    public ManifestText Labels(params string[] labels) => With("labels", new JsonArray([.. labels.Select(label => (JsonNode)label)]));

    /// <summary>An image classification whose section fits [batch, 3, 32, 32].</summary>
    public ManifestText Image(int width = 32, int height = 32, double[]? mean = null, double[]? std = null, string layout = "nchw")
    {
        With("task", "image-classification");
        return With("image", new JsonObject
        {
            ["width"] = width,
            ["height"] = height,
            ["color"] = "rgb",
            ["layout"] = layout,
            ["scale"] = 1.0 / 255,
            ["mean"] = JsonSerializer.SerializeToNode(mean ?? [0, 0, 0]),
            ["std"] = JsonSerializer.SerializeToNode(std ?? [1, 1, 1]),
            ["resize"] = "shortest-edge",
            ["interpolation"] = "bicubic",
            ["crop"] = "center",
        });
    }

    public static ManifestText Vit() => new ManifestText()
        .Input("input", "float32", "batch", 3, 32, 32).Output("logits", "float32", "batch", 10)
        .Labels("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck").Image();

    public override string ToString() => _root.ToJsonString();

    private ManifestText Tensor(string list, string name, string type, object?[]? shape)
    {
        ((JsonArray)_root[list]!).Add(new JsonObject
        {
            ["name"] = name,
            ["type"] = type,
            ["shape"] = shape is null ? null : new JsonArray([.. shape.Select(axis => axis switch
            {
                null => null,
                string symbol => (JsonNode)symbol,
                _ => (JsonNode)Convert.ToInt64(axis),
            })]),
        });
        return this;
    }
}
