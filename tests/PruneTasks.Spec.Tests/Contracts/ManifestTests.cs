using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Tests.Contracts;

public sealed class ManifestTests
{
    private const string Image = "version: 1\ntask: image-classification\n";

    [Fact]
    public void The_manifest_is_written_as_agreed()
    {
        ModelManifest manifest = Build(
            Image + "namespace: App.Models\nlabels: [airplane, automobile]\nimage: { size: [32, 48], interpolation: bicubic }",
            Signature([Tensor("input", "batch", 3, 32, 48)], [Tensor("logits", "batch", 2)])).Manifest!;
        Assert.Equal(
            """
            {
              "version": 1,
              "name": "vit",
              "class": "Vit",
              "namespace": "App.Models",
              "task": "image-classification",
              "resource": "PruneTasks.vit.onnx",
              "inputs": [
                {
                  "name": "input",
                  "type": "float32",
                  "shape": ["batch", 3, 32, 48]
                }
              ],
              "outputs": [
                {
                  "name": "logits",
                  "type": "float32",
                  "shape": ["batch", 2]
                }
              ],
              "labels": ["airplane", "automobile"],
              "image": {
                "width": 48,
                "height": 32,
                "color": "rgb",
                "layout": "nchw",
                "scale": 0.00392156862745098,
                "mean": [0, 0, 0],
                "std": [1, 1, 1],
                "resize": "shortest-edge",
                "interpolation": "bicubic",
                "crop": "center"
              }
            }

            """.ReplaceLineEndings("\n"),
            manifest.ToJson());
        Assert.Equal(manifest.ToJson(), ModelManifest.Parse(manifest.ToJson()).ToJson());
    }

    [Fact]
    public void Labels_and_image_are_absent_when_the_spec_has_none()
    {
        ModelManifest manifest = Build("version: 1", Signature([Tensor("x", null, "n"), new("s", ElementType.Sequence, null)], [Tensor("y")])).Manifest!;
        string json = manifest.ToJson();
        Assert.DoesNotContain("labels", json);
        Assert.DoesNotContain("image\"", json);
        Assert.Contains("\"namespace\": null", json);
        Assert.Contains("\"shape\": [null, \"n\"]", json);
        Assert.Contains("\"shape\": null", json);
        Assert.Contains("\"shape\": []", json);
        Assert.Equal(json, ModelManifest.Parse(json).ToJson());
    }

    [Theory]
    [InlineData("", "1, column 1")]
    [InlineData("{}", "\"version\" is missing")]
    [InlineData("{ \"version\": 2 }", "version 2")]
    [InlineData("{ \"version\": 1 }", "\"name\" is missing")]
    [InlineData("[]", "expected an object")]
    public void A_bad_manifest_says_what_is_wrong(string json, string part) =>
        Assert.Contains(part, Assert.Throws<ContractFormatException>(() => ModelManifest.Parse(json)).Message);

    [Fact]
    public void Damaged_manifests_give_no_other_exception()
    {
        string whole = Build(Image, Signature([Tensor("x", 1, 3, 8, 8)], [Tensor("y", 1, 2)])).Manifest!.ToJson();
        var random = new Random(11);
        for (int round = 0; round < 2000; round++)
        {
            char[] text = whole.ToCharArray();
            text[random.Next(text.Length)] = "0\"{}[],:x-"[random.Next(10)];
            try
            {
                ModelManifest.Parse(new string(text));
            }
            catch (ContractFormatException)
            {
                // The only exception that is allowed.
            }
        }
    }

    [Theory]
    [InlineData("size: [16, 16]", new object?[] { "n", 3, 32, 32 }, 3, 16, "the size is [16, 16] (height, width), but input 'x' [n, 3, 32, 32] wants [32, 32]")]
    [InlineData("size: [24, 32]", new object?[] { 1, 3, 32, 24 }, 3, 16, "wants [32, 24]")]
    [InlineData("size: 32, color: rgb", new object?[] { "n", 1, 32, 32 }, 3, 27, "rgb has 3 channels, but input 'x' [n, 1, 32, 32] has 1 channel in layout nchw; set 'color: gray'")]
    [InlineData("color: gray", new object?[] { "n", 3, 32, 32 }, 3, 17, "set 'color: rgb'")]
    [InlineData("size: 32", new object?[] { "n", 32, 32, 3 }, 3, 1, "set 'layout: nhwc'")]
    [InlineData("size: 32, layout: nhwc", new object?[] { "n", 3, 32, 32 }, 3, 28, "set 'layout: nchw'")]
    [InlineData("color: bgr", new object?[] { "n", 3, "h", "w" }, 3, 1, "set 'image.size'")]
    [InlineData("color: bgr", new object?[] { "n", 3, 32, "w" }, 3, 1, "set 'image.size'")]
    [InlineData("size: 32", new object?[] { "n", 1024 }, 3, 1, "no input has four axes; there is 'x' [n, 1024]")]
    public void An_input_that_does_not_fit_is_reported_at_the_image_section(string image, object?[] axes, int line, int column, string part)
    {
        ManifestResult result = Build(Image + $"image: {{ {image} }}", Signature([Tensor("x", axes)], [Tensor("y", "n", 2)]));
        PruneDiagnostic diagnostic = Assert.Single(result.Diagnostics);
        Assert.Null(result.Manifest);
        Assert.Equal(("PRUNE0108", line, column), (diagnostic.Id, diagnostic.Line, diagnostic.Column));
        Assert.Contains(part, diagnostic.Message);
    }

    [Theory]
    [InlineData("resize: letterbox, pad: 114, interpolation: hamming", 114, true)]
    [InlineData("resize: letterbox", 0, true)]
    [InlineData("resize: stretch, pad: 7, interpolation: box", 0, false)]
    public void The_level_of_bars_is_told_where_there_are_bars(string image, int pad, bool told)
    {
        ModelManifest manifest = Build(Image + $"image: {{ {image} }}", Signature([Tensor("x", "n", 3, 8, 8)], [Tensor("y", "n", 2)])).Manifest!;
        Assert.Equal(told, manifest.ToJson().Contains("\"pad\"", StringComparison.Ordinal));
        Assert.Equal(pad, ModelManifest.Parse(manifest.ToJson()).Image!.Pad);
    }

    [Theory]
    [InlineData("size: [24, 32]", new object?[] { "n", 3, "h", "w" }, 24, 32)]
    [InlineData("size: [24, 32]", new object?[] { null, null, null, null }, 24, 32)]
    [InlineData("layout: nhwc", new object?[] { "n", 24, 32, 3 }, 24, 32)]
    [InlineData("color: gray", new object?[] { 1, 1, 28, 28 }, 28, 28)]
    public void Symbolic_axes_fit_and_the_size_comes_from_the_model(string image, object?[] axes, int height, int width)
    {
        ManifestResult result = Build(Image + $"image: {{ {image} }}", Signature([Tensor("mask", 1), Tensor("x", axes)], [Tensor("y", "n", 2)]));
        Assert.Empty(result.Diagnostics);
        Assert.Equal((height, width), (result.Manifest!.Image!.Height, result.Manifest.Image.Width));
    }

    [Fact]
    public void An_input_of_unknown_rank_fits_any_image_section_with_a_size()
    {
        ModelSignature signature = Signature([new("x", ElementType.Float32, null)], [Tensor("y", "n", 2)]);
        Assert.Equal(8, Build(Image + "image: { size: 8 }", signature).Manifest!.Image!.Width);
        Assert.Equal("PRUNE0108", Assert.Single(Build(Image, signature).Diagnostics).Id);
    }

    [Theory]
    [InlineData(new object?[] { "n", 3 }, null)]
    [InlineData(new object?[] { 3 }, null)]
    [InlineData(new object?[] { 1, 3, 1, 1 }, null)]
    [InlineData(new object?[] { "n", "classes" }, null)]
    [InlineData(null, null)]
    [InlineData(new object?[] { "n", 10 }, "3 labels are given, but the class axis of output 'y' has 10 entries")]
    [InlineData(new object?[] { 10 }, "has 10 entries")]
    [InlineData(new object?[] { 1, 10, 1, 1 }, "has 10 entries")]
    public void The_number_of_labels_must_be_that_of_the_class_axis(object?[]? axes, string? message)
    {
        TensorSignature output = axes is null ? new("y", ElementType.Float32, null) : Tensor("y", axes);
        ManifestResult result = Build("version: 1\ntask: text-classification\nlabels: [a, b, c]", Signature([Tensor("ids", "n", "s")], [output]));
        Assert.Equal(message is null, result.Manifest is not null);
        if (message is not null)
        {
            PruneDiagnostic diagnostic = Assert.Single(result.Diagnostics);
            Assert.Equal(("PRUNE0203", 3, 9), (diagnostic.Id, diagnostic.Line, diagnostic.Column));
            Assert.Contains(message, diagnostic.Message);
        }
    }

    [Fact]
    public void One_output_of_several_may_hold_the_classes()
    {
        ModelSignature signature = Signature([Tensor("ids", "n", "s")], [Tensor("hidden", "n", 64), Tensor("logits", "n", 3)]);
        Assert.Empty(Build("version: 1\ntask: text-classification\nlabels: [a, b, c]", signature).Diagnostics);
    }

    [Fact]
    public void Names_that_the_project_gives_are_checked_too()
    {
        PruneSpec spec = PruneSpecReader.Read("version: 1", "vit.prune.yaml").Spec! with { ClassName = "my class", Namespace = "A.int" };
        ManifestResult result = ManifestBuilder.Build(spec, Signature([], [Tensor("y", 1)]));
        Assert.Null(result.Manifest);
        Assert.Equal(
            [
                "vit.prune.yaml: error PRUNE0003: 'class' must be a C# identifier that is no keyword; found 'my class'",
                "vit.prune.yaml: error PRUNE0003: 'namespace' must be C# identifiers separated by dots; found 'A.int'",
            ],
            result.Diagnostics.Select(d => d.ToString()));
    }

    [Fact]
    public void An_output_of_integers_has_no_class_axis()
    {
        TensorSignature chosen = Tensor("class", 1) with { ElementType = ElementType.Int64 };
        Assert.Empty(Build("version: 1\ntask: text-classification\nlabels: [a, b, c]", Signature([Tensor("ids", "n", "s")], [chosen])).Diagnostics);
    }

    private static ManifestResult Build(string text, ModelSignature signature) =>
        ManifestBuilder.Build(PruneSpecReader.Read(text, "vit.prune.yaml").Spec!, signature);

    private static TensorSignature Tensor(string name, params object?[] axes) => new(
        name,
        ElementType.Float32,
        [.. axes.Select(axis => axis switch
        {
            int length => new AxisSignature(length, null),
            string symbol => new AxisSignature(null, symbol),
            _ => default,
        })]);

    private static ModelSignature Signature(IReadOnlyList<TensorSignature> inputs, IReadOnlyList<TensorSignature> outputs) => new()
    {
        IrVersion = 8,
        Producer = "",
        ProducerVersion = "",
        Opsets = [new("", 17)],
        Inputs = inputs,
        Outputs = outputs,
        ExternalFiles = [],
    };
}
