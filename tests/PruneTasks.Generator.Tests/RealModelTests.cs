using System.Reflection;
using PruneTasks.Generator.Tests.Harness;
using PruneTasks.Tests;

namespace PruneTasks.Generator.Tests;

/// <summary>Generated classes, compiled and run on real models against the outputs recorded from ONNX Runtime.</summary>
[Collection(nameof(AllocationCollection))]
public sealed class RealModelTests
{
    [Fact]
    public void Generic_model_with_integer_output_gives_the_recorded_output()
    {
        const string Folder = "gesture-keypoint/keypoint_classifier";
        float[] input = Npz.Read<float>(SharedModels.Require(Folder + ".ort1311_io.npz"), "in__input");
        long[] expected = Npz.Read<long>(SharedModels.Require(Folder + ".ort1311_io.npz"), "out__class_ids");
        ManifestText manifest = new ManifestText("Gesture", "gesture").Input("input", "float32", "batch", 42).Output("class_ids", "int64", "batch");
        Delegates app = Delegates.Of(manifest, Folder + ".onnx", """
            public static long[] Run(float[] input)
            {
                using var model = new App.Gesture();
                using var output = model.Run(input);
                return output.ClassIds.Span.ToArray();
            }
            public static long Allocated(float[] input)
            {
                using var model = new App.Gesture();
                using var request = model.CreateRequest();
                long before = 0;
                for (int i = 0; i < 1010; i++)
                {
                    if (i == 10) before = System.GC.GetAllocatedBytesForCurrentThread();
                    System.MemoryExtensions.AsSpan(input, 0, 42).CopyTo(request.Input);
                    request.Run();
                    _ = request.ClassIds.Span[0];
                }
                return System.GC.GetAllocatedBytesForCurrentThread() - before;
            }
            """);
        Assert.Equal(expected, app.Call<long[]>("Run", input));
        Assert.Equal(0L, Allocations.Least(() => app.Call<long>("Allocated", input)));
        // Twice the input is a batch of two.
        Assert.Equal([.. expected, .. expected], app.Call<long[]>("Run", (float[])[.. input, .. input]));
    }

    [Theory]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op13.onnx")]
    [InlineData("vit-cifar10-811k/vit_cifar10_postnorm_relu_op17.onnx")]
    public void Vision_transformer_gives_the_recorded_logits_and_classifies_like_them(string model)
    {
        string recorded = SharedModels.Require("vit-cifar10-811k/expected.npz");
        float[] inputs = Npz.Read<float>(recorded, "input"), logits = Npz.Read<float>(recorded, "logits");
        double[] mean = [.4914, .4822, .4465], std = [.2023, .1994, .2010];
        Delegates app = Delegates.Of(ManifestText.Vit().Image(mean: mean, std: std), model, """
            public static float[] Run(float[] input)
            {
                using var model = App.Vit.LoadAsync(new PruneTasks.ModelOptions { IntraOpThreads = 1 }).GetAwaiter().GetResult();
                using var output = model.Run(input);
                if (output.Logits.Shape.Length != 2 || output.Logits.Shape[1] != App.Vit.LabelCount) throw new System.InvalidOperationException();
                return output.Logits.Span.ToArray();
            }
            public static string[] Classify(byte[] images)
            {
                using var model = new App.Vit();
                var texts = new string[images.Length / 3072];
                System.Span<PruneTasks.Prediction<App.VitLabel>> top = stackalloc PruneTasks.Prediction<App.VitLabel>[10];
                for (int i = 0; i < texts.Length; i++)
                {
                    var image = new PruneTasks.PixelSpan(System.MemoryExtensions.AsSpan(images, i * 3072, 3072), 32, 32, PruneTasks.PixelFormat.Rgb24);
                    var best = model.Classify(image);
                    if (model.Classify(image, top) != 10 || top[0] != best) throw new System.InvalidOperationException();
                    var memory = new PruneTasks.PixelMemory(System.MemoryExtensions.AsMemory(images, i * 3072, 3072), 32, 32, PruneTasks.PixelFormat.Rgb24);
                    var later = new PruneTasks.Prediction<App.VitLabel>[10];
                    if (model.ClassifyAsync(memory).GetAwaiter().GetResult() != best) throw new System.InvalidOperationException();
                    if (model.ClassifyAsync(memory, later).GetAwaiter().GetResult() != 10 || !System.MemoryExtensions.SequenceEqual(top, later)) throw new System.InvalidOperationException();
                    float sum = 0;
                    foreach (var prediction in top) sum += prediction.Score;
                    if (System.MathF.Abs(sum - 1) > 1e-5f) throw new System.InvalidOperationException();
                    texts[i] = App.VitLabelExtensions.ToText(best.Label) + " " + best.Score.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
                }
                return texts;
            }
            public static long Allocated()
            {
                using var model = new App.Vit();
                byte[] small = new byte[32 * 32 * 3], large = new byte[50 * 40 * 4];
                System.Span<PruneTasks.Prediction<App.VitLabel>> top = stackalloc PruneTasks.Prediction<App.VitLabel>[5];
                long before = 0;
                for (int i = 0; i < 1010; i++)
                {
                    if (i == 10) before = System.GC.GetAllocatedBytesForCurrentThread();
                    model.Classify(i % 5 == 0 ? new PruneTasks.PixelSpan(large, 50, 40, PruneTasks.PixelFormat.Rgba32) : new PruneTasks.PixelSpan(small, 32, 32, PruneTasks.PixelFormat.Rgb24), top);
                }
                return System.GC.GetAllocatedBytesForCurrentThread() - before;
            }
            public static float[] Preprocess(byte[] image)
            {
                var tensor = new float[App.Vit.ImageLength];
                App.Vit.Preprocess(new PruneTasks.PixelSpan(image, 32, 32, PruneTasks.PixelFormat.Rgb24), tensor);
                return tensor;
            }
            """);
        float[] actual = app.Call<float[]>("Run", inputs);
        for (int i = 0; i < logits.Length; i++)
            Assert.Equal(logits[i], actual[i], 2e-5f);

        // The recorded inputs are normalised 8-bit images: undo it, and the way through pixels must lead to the same logits.
        byte[] pixels = new byte[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            int image = i / 3072, channel = i % 3072 / 1024, at = i % 1024;
            pixels[(image * 3072) + (at * 3) + channel] = (byte)Math.Round(((inputs[i] * std[channel]) + mean[channel]) * 255);
        }
        float[] preprocessed = app.Call<float[]>("Preprocess", pixels.AsSpan(0, 3072).ToArray());
        for (int i = 0; i < 3072; i++)
            Assert.Equal(inputs[i], preprocessed[i], 1e-5f);
        string[] texts = app.Call<string[]>("Classify", pixels);
        Assert.Equal(0L, Allocations.Least(() => app.Call<long>("Allocated")));
        string[] labels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
        for (int image = 0; image < texts.Length; image++)
        {
            float[] row = logits.AsSpan(image * 10, 10).ToArray();
            int best = Array.IndexOf(row, row.Max());
            double score = 1 / row.Sum(value => Math.Exp(value - row[best]));
            string[] parts = texts[image].Split(' ');
            Assert.Equal(labels[best], parts[0]);
            Assert.Equal(score, double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), 1e-5);
        }
    }

    [Fact]
    public void Half_precision_model_keeps_its_probabilities()
    {
        const string Folder = "winml-squeezenet-fp16/SqueezeNet_fp16";
        Half[] input = Npz.Read<Half>(SharedModels.Require(Folder + ".ort1311_io.npz"), "in__data_0");
        Half[] expected = Npz.Read<Half>(SharedModels.Require(Folder + ".ort1311_io.npz"), "out__softmaxout_1");
        ManifestText manifest = new ManifestText("Squeeze", "squeeze")
            .Input("data_0", "float16", 1, 3, 224, 224).Output("softmaxout_1", "float16", 1, 1000, 1, 1).Image(224, 224);
        Delegates app = Delegates.Of(manifest, Folder + ".onnx", """
            public static System.Half[] Run(System.Half[] input)
            {
                using var model = new App.Squeeze();
                using var output = model.Run(input);
                return output.Softmaxout1.Span.ToArray();
            }
            public static float[] Classify(byte[] image)
            {
                using var model = new App.Squeeze();
                var tensor = new System.Half[App.Squeeze.ImageLength];
                var pixels = new PruneTasks.PixelSpan(image, 300, 250, PruneTasks.PixelFormat.Bgra32);
                App.Squeeze.Preprocess(pixels, tensor);
                using var output = model.Run(tensor);
                PruneTasks.Prediction<int> best = model.Classify(pixels);
                return new float[] { best.Score, (float)output.Softmaxout1.Span[best.Label] };
            }
            """);
        Half[] actual = app.Call<Half[]>("Run", input);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal((float)expected[i], (float)actual[i], 1e-5f);
        byte[] noise = new byte[300 * 250 * 4];
        new Random(1).NextBytes(noise);
        float[] scores = app.Call<float[]>("Classify", noise);
        Assert.Equal(scores[1], scores[0]);
    }

    /// <summary>An app's assembly with an entry class.</summary>
    private sealed class Delegates(Type entry)
    {
        public static Delegates Of(ManifestText manifest, string model, string methods)
        {
            string resource = System.Text.Json.Nodes.JsonNode.Parse(manifest.ToString())!["resource"]!.GetValue<string>();
            byte[] bytes = File.ReadAllBytes(SharedModels.Require(model));
            Assembly app = new GeneratorHost([new("m.json", manifest.ToString())], $"public static class Entry {{ {methods} }}").Load(resource, bytes);
            return new Delegates(app.GetType("Entry")!);
        }

        public T Call<T>(string method, params object[] arguments) =>
            (T)entry.GetMethod(method)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
    }
}
