using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>An app with the model and images of the sample, for the real worker.</summary>
internal static class GlyphsApp
{
    /// <summary>Prunes in one step.</summary>
    public const string AtOnce = """
        version: 1
        task: image-classification
        labels: labels.txt
        image: { size: [32, 32], color: gray, layout: nchw, scale: 0.00392156862745098, mean: [0.5], std: [0.25] }
        data:
          personal: { path: data, samples: 64 }
        prune:
          ratios: { ffn: 0.5 }

        """;

    /// <summary>Prunes in several steps, with a checkpoint after each. The section <c>prune</c> is last, so that keys may follow.</summary>
    public const string InSteps = AtOnce + "  buffer: { steps: 4 }\n";

    private static readonly string Sample = Path.Combine(Repository.Root, "samples", "PersonalVision");

    /// <summary>A new app with model <c>glyphs</c> and 96 images in class folders.</summary>
    public static TestApp New(PackedPackage package, string spec)
    {
        var app = new TestApp(package, fakeWorker: false);
        app.Write("glyphs.prune.yaml", spec);
        File.Copy(Path.Combine(Sample, "glyphs.onnx"), app["glyphs.onnx"]);
        File.Copy(Path.Combine(Sample, "labels.txt"), app["labels.txt"]);
        string personal = Path.Combine(Sample, "data", "personal");
        foreach (string image in Directory.GetFiles(personal, "*.png", SearchOption.AllDirectories).Order().Take(96))
        {
            string target = app["data", Path.GetRelativePath(personal, image)];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(image, target);
        }

        return app;
    }
}
