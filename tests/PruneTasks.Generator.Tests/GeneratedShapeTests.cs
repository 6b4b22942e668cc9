using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Generator.Tests.Harness;
using PruneTasks.Tests;

namespace PruneTasks.Generator.Tests;

/// <summary>Odd signatures: compiled without a warning and run on small models made here.</summary>
public sealed class GeneratedShapeTests
{
    [Fact]
    public void Axes_are_inferred_across_inputs_and_the_batch_defaults_to_one()
    {
        ManifestText manifest = Manifest().Input("input_ids", "int64", "batch", "sequence").Input("mask.1", "int64", "batch", "sequence")
            .Output("sum", "int64", "batch", "sequence");
        TinyOnnx model = new TinyOnnx().Input("input_ids", TensorElementType.Int64, "batch", "sequence").Input("mask.1", TensorElementType.Int64, "batch", "sequence")
            .Node("Add", "input_ids mask.1", "sum").Output("sum", TensorElementType.Int64, "batch", "sequence");
        object[] result = Run(manifest, model, """
            using var one = model.Run(new long[] { 1, 2, 3 }, new long[] { 10, 20, 30 });
            using var two = model.Run(inputIds: new long[] { 1, 2, 3, 4 }, mask: new long[] { 10, 20, 30, 40 }, batch: 2);
            object failure = "";
            try { model.Run(new long[] { 1, 2, 3 }, new long[] { 10, 20 }); }
            catch (PruneTasks.ModelException exception) { failure = exception.Kind + " " + exception.TensorName; }
            return new object[] { one.Sum.Shape.ToArray(), two.Sum.Shape.ToArray(), two.Sum[1].Span.ToArray(), failure };
            """);
        Assert.Equal([1, 3], (int[])result[0]);
        Assert.Equal([2, 2], (int[])result[1]);
        Assert.Equal([33L, 44L], (long[])result[2]);
        Assert.Equal("Shape mask.1", result[3]);
    }

    [Fact]
    public void Axes_that_do_not_follow_are_asked_for_and_scalars_are_values()
    {
        ManifestText manifest = Manifest().Input("x", "float64", "n", null, null).Input("scale", "float64").Output("y", "float64", "n", null, null);
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Double, "n", null, null).Input("scale", TensorElementType.Double)
            .Node("Mul", "x scale", "y").Output("y", TensorElementType.Double, "n", null, null);
        object[] result = Run(manifest, model, """
            using var output = model.Run(new double[] { 1, 2, 3, 4, 5, 6 }, 0.5, xAxis1: 3, n: 2);
            return new object[] { output.Y.Shape.ToArray(), output.Y.Span.ToArray() };
            """);
        Assert.Equal([2, 3, 1], (int[])result[0]);
        Assert.Equal([0.5, 1, 1.5, 2, 2.5, 3], (double[])result[1]);
    }

    [Fact]
    public void An_input_without_a_rank_takes_its_shape()
    {
        ManifestText manifest = Manifest().Input("x", "bool", null).Output("y", "bool", null);
        // The model itself gives a rank; what the manifest does not know the caller says.
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Bool, null, null).Node("Not", "x", "y").Output("y", TensorElementType.Bool, null, null);
        object[] result = Run(manifest, model, """
            using var output = model.Run(new[] { true, false }, new[] { 2, 1 });
            return new object[] { output.Y.Shape.ToArray(), output.Y.Span.ToArray() };
            """);
        Assert.Equal([2, 1], (int[])result[0]);
        Assert.Equal([false, true], (bool[])result[1]);
    }

    [Fact]
    public void Many_inputs_and_strings_are_passed_in_one_object()
    {
        ManifestText manifest = Manifest().Input("prompt", "string", "batch").Input("flags", "bool", "batch", 2).Input("scale", "float32")
            .Output("text", "string", "batch").Output("back", "bool", "batch", 2).Output("double", "float32");
        TinyOnnx model = new TinyOnnx().Input("prompt", TensorElementType.String, "batch").Input("flags", TensorElementType.Bool, "batch", 2).Input("scale", TensorElementType.Float)
            .Node("Identity", "prompt", "text").Node("Not", "flags", "back").Node("Add", "scale scale", "double")
            .Output("text", TensorElementType.String, "batch").Output("back", TensorElementType.Bool, "batch", 2).Output("double", TensorElementType.Float);
        object[] result = Run(manifest, model, """
            App.MInput input = new() { Prompt = new[] { "a", "Größe" }, Flags = new[] { true, false, false, false }, Scale = 1.5f };
            using var output = model.Run(input);
            using var request = model.CreateRequest(batch: 2);
            request.Prompt[1] = "b"; request.Flags[0] = true; request.Scale = 3f;
            request.Run();
            return new object[] { output.Text[1], output.Back[1].Span.ToArray(), output.Double, request.Text[1], request.Back.Span.ToArray(), request.Double, output.Axes.Batch };
            """);
        Assert.Equal("Größe", result[0]);
        Assert.Equal([true, true], (bool[])result[1]);
        Assert.Equal(3f, result[2]);
        Assert.Equal("b", result[3]);
        Assert.Equal([false, true, true, true], (bool[])result[4]);
        Assert.Equal(6f, result[5]);
        Assert.Equal(2, result[6]);
    }

    [Fact]
    public void A_stand_in_implements_the_interface_with_outputs_made_by_hand()
    {
        ManifestText manifest = Manifest().Input("x", "float32", "n", 2).Output("y", "float32", "n", 2).Output("z", "int64", null);
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, "n", 2).Node("Neg", "x", "y").Node("NonZero", "x", "z").Output("y", TensorElementType.Float, "n", 2).Output("z", TensorElementType.Int64, 2, "k");
        object[] result = Run(manifest, model, """
            App.IM fake = new Fake();
            using var output = fake.Run(new float[] { 1, 2 });
            object failure = "";
            try { App.MOutput.Create(new App.MAxes(2), new float[3], new long[1], new int[] { 1 }); } catch (PruneTasks.ModelException exception) { failure = exception.TensorName!; }
            return new object[] { output.Y[0].Span.ToArray(), output.Z.Shape.ToArray(), output.Axes, failure };
            """, """
            public sealed class Fake : App.IM
            {
                public string Name => "fake";
                public PruneTasks.ModelCard Card => App.M.Card;
                public string ExecutionProvider => "none";
                public Microsoft.ML.OnnxRuntime.InferenceSession Session => throw new System.NotSupportedException();
                public App.MOutput Run(System.ReadOnlySpan<float> x, System.Threading.CancellationToken cancellationToken = default) =>
                    App.MOutput.Create(new App.MAxes(1), new float[] { 5, 6 }, new long[] { 7 }, new int[] { 1, 1 });
                public void Dispose() { }
                public System.Threading.Tasks.ValueTask DisposeAsync() => default;
            }
            """.Replace("public sealed class Fake", "internal sealed class Fake"));
        Assert.Equal([5f, 6f], (float[])result[0]);
        Assert.Equal([1, 1], (int[])result[1]);
        Assert.Equal("MAxes { N = 1 }", result[2].ToString());
        Assert.Equal("y", result[3]);
    }

    [Fact]
    public void Outputs_refuse_use_after_dispose_and_so_does_the_model()
    {
        ManifestText manifest = Manifest().Input("x", "float32", "n").Output("y", "float32", "n");
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, "n").Node("Neg", "x", "y").Output("y", TensorElementType.Float, "n");
        object[] result = Run(manifest, model, """
            string failures = "";
            var output = model.Run(new float[] { 1 });
            output.Dispose();
            try { _ = output.Y.Span.Length; } catch (System.ObjectDisposedException exception) { failures += exception.ObjectName; }
            model.Dispose();
            try { model.Run(new float[] { 1 }); } catch (System.ObjectDisposedException) { failures += " model"; }
            return new object[] { failures };
            """);
        Assert.Equal("MOutput model", result[0]);
    }

    [Fact]
    public void The_embedded_model_must_be_there()
    {
        ManifestText manifest = Manifest().Input("x", "float32", 1).Output("y", "float32", 1);
        ModelException exception = Assert.Throws<ModelException>(() => Run(manifest, new TinyOnnx(), "return new object[0];", resource: "Else.onnx"));
        Assert.Equal(ModelErrorKind.Load, exception.Kind);
        Assert.Contains("PruneTasks.m.onnx", exception.Message);
    }

    [Fact]
    public void The_partial_hook_of_the_class_configures_the_session()
    {
        ManifestText manifest = Manifest().Input("x", "float32", 1).Output("y", "float32", 1);
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, 1).Node("Neg", "x", "y").Output("y", TensorElementType.Float, 1);
        object[] result = Run(manifest, model, "return new object[] { App.M.Called };", """
            namespace App
            {
                partial class M
                {
                    public static int Called;
                    partial void OnConfigureSession(Microsoft.ML.OnnxRuntime.SessionOptions options) => Called++;
                }
            }
            """);
        Assert.Equal(1, result[0]);
    }

    [Theory]
    [InlineData("Vit", null, "App")]
    [InlineData("Vit", null, "")]
    [InlineData("Vit", null, null)]
    [InlineData("Vit", null, "My-App.1st.class")]
    [InlineData("Vit", "Vit", "App")]
    [InlineData("Vit", "System.Linq", "App")]
    [InlineData("Vit", "App.System", "App")]
    [InlineData("event", null, "App")]
    [InlineData("record", null, "App")]
    [InlineData("lower", null, "App")]
    [InlineData("Größe画", null, "App")]
    [InlineData("String", null, "App")]
    [InlineData("Input", null, "PruneTasks")]
    public void Any_class_and_namespace_compiles_without_a_warning(string className, string? @namespace, string? rootNamespace)
    {
        string manifest = ManifestText.Vit().With("class", className).With("namespace", @namespace).ToString();
        foreach (LanguageVersion language in new[] { LanguageVersion.CSharp11, LanguageVersion.CSharp12, LanguageVersion.Latest, LanguageVersion.Preview })
            new GeneratorHost([new ManifestFile("m.json", manifest)], rootNamespace: rootNamespace, language: language).AssertClean();
    }

    [Fact]
    public void Any_tensor_and_axis_name_compiles_without_a_warning()
    {
        ManifestText manifest = Manifest();
        string[] names =
        [
            "call", "cancellationToken", "class", "x.1", "x.2", "X", "x:0", "1", "", "a b", "</summary>", "\"quoted\"\\", "line\nbreak", "Run", "M",
            "MOutput", "dispose", "tostring", "output0", "画像", "options", "record", "value", "\ud800", "_engine",
            "Axes", "axes", "Capacity", "input", "capacity", "Create", "RunAsync", "xShape", "request", "_request",
        ];
        foreach (string name in names)
            manifest.Input(name, "float32", name, 3);
        foreach (string name in names)
            manifest.Output(name, "float16", name, "</summary>", null);
        new GeneratorHost([new ManifestFile("m.json", manifest.ToString())]).AssertClean();
    }

    [Fact]
    public void Every_element_type_and_rank_compiles_without_a_warning()
    {
        ManifestText manifest = Manifest();
        foreach (string type in new[] { "float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "bfloat16", "string" })
        {
            manifest.Input(type, type).Input(type + "_v", type, "n").Input(type + "_m", type, "n", "n").Input(type + "_z", type, 0, "k").Input(type + "_u", type, null);
            manifest.Output(type, type).Output(type + "_v", type, "n").Output(type + "_u", type, null);
        }
        new GeneratorHost([new ManifestFile("m.json", manifest.ToString())]).AssertClean();
        new GeneratorHost([new ManifestFile("m.json", Manifest().Output("y", "float32", 1).ToString())]).AssertClean();
    }

    [Fact]
    public void Odd_labels_keep_their_text_and_their_index()
    {
        string[] labels = ["7", "+", "\"quoted\" \\ back", "line\r\nbreak\u2028", "class", "Crane", "crane", "画像 😀", "</summary>", "\u200b"];
        ManifestText manifest = new ManifestText("M", "m").Input("x", "float32", "n", 3, 2, 2).Output("y", "float32", "n", "c").Labels(labels).Image(2, 2);
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, "n", 3, 2, 2).Node("Flatten", "x", "y").Output("y", TensorElementType.Float, "n", "c");
        object[] result = Run(manifest, model, """
            var texts = new System.Collections.Generic.List<string>();
            foreach (App.MLabel label in System.Enum.GetValues(typeof(App.MLabel))) texts.Add(App.MLabelExtensions.ToText(label));
            object failure = "", misfit = "";
            try { App.MLabelExtensions.ToText((App.MLabel)99); } catch (System.ArgumentOutOfRangeException) { failure = "range"; }
            try { model.Classify(new PruneTasks.PixelSpan(new byte[12], 2, 2, PruneTasks.PixelFormat.Rgb24)); }
            catch (PruneTasks.ModelException exception) { misfit = exception.Message; }
            return new object[] { texts.ToArray(), System.Enum.GetNames(typeof(App.MLabel)), failure, misfit };
            """);
        Assert.Equal(labels, (string[])result[0]);
        Assert.Equal(["_7", "Label1", "QuotedBack", "LineBreak", "Class", "Crane", "Crane6", "画像", "Summary", "Label9"], (string[])result[1]);
        Assert.Equal("range", result[2]);
        Assert.Contains("12 scores", (string)result[3]);
    }

    [Fact]
    public void Bars_of_a_letterbox_and_every_kernel_reach_the_preprocessor()
    {
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, "n", 3, 4, 2).Node("Flatten", "x", "y").Output("y", TensorElementType.Float, "n", "c");
        foreach (string kernel in new[] { "nearest", "box", "bilinear", "hamming", "bicubic", "lanczos" })
        {
            ManifestText manifest = Manifest().Input("x", "float32", "n", 3, 4, 2).Output("y", "float32", "n", "c").Image(2, 4);
            JsonObject image = (JsonObject)JsonNode.Parse(manifest.ToString())!["image"]!;
            (image["resize"], image["interpolation"], image["pad"], image["scale"]) = ("letterbox", kernel, 51, 1);
            object[] result = Run(manifest.With("image", image.DeepClone()), model, """
                float[] values = new float[App.M.ImageLength];
                App.M.Preprocess(new PruneTasks.PixelSpan(new byte[] { 9, 9, 9, 9 }, 2, 2, PruneTasks.PixelFormat.Gray8), values);
                return new object[] { values };
                """);
            Assert.Equal([51, 51, 9, 9, 9, 9, 51, 51], ((float[])result[0]).AsSpan(0, 8).ToArray());
        }
    }

    [Fact]
    public void A_thousand_labels_compile()
    {
        string[] labels = [.. Enumerable.Range(0, 1000).Select(i => $"class {i % 700}")];
        ManifestText manifest = new ManifestText("M", "m").Input("x", "uint8", 1, 8, 8, 3).Output("y", "float64", 1, 1000).Labels(labels).Image(8, 8, layout: "nhwc");
        GeneratorHost host = new GeneratorHost([new ManifestFile("m.json", manifest.ToString())]).AssertClean();
        Assert.Contains("Class299999 = 999,", host.Source);
    }

    private static ManifestText Manifest() => new("M", "m");

    /// <summary>Runs statements with a loaded <c>model</c>; they return objects.</summary>
    private static object[] Run(ManifestText manifest, TinyOnnx model, string statements, string more = "", string resource = "PruneTasks.m.onnx")
    {
        string code = $$"""
            public static class Entry
            {
                public static object[] Run()
                {
                    using var model = new App.M();
                    {{statements}}
                }
            }
            """;
        Assembly app = new GeneratorHost([new ManifestFile("m.json", manifest.ToString())], code + more).Load(resource, model.ToBytes());
        return (object[])app.GetType("Entry")!.GetMethod("Run")!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [], null)!;
    }
}
