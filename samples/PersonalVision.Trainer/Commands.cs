using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using PersonalVision.Trainer.Drawing;
using PersonalVision.Trainer.Export;
using PersonalVision.Trainer.Training;
using PruneTasks.Onnx;
using PruneTasks.Torch.Native;
using static TorchSharp.torch;

namespace PersonalVision.Trainer;

/// <summary>What the program can do; each returns the exit code.</summary>
internal static class Commands
{
    private const int Seed = 1;

    private static readonly VisionTransformerShape Shape =
        new(Painter.Side, Patch: 4, Width: 128, Depth: 4, Heads: 4, Hidden: 512, GlyphTable.Labels.Count);

    /// <summary>Draws the committed images and the list of labels into the sample's folder.</summary>
    public static int Images(string sample)
    {
        var count = ImageSets.Write(Path.Combine(sample, "data"));
        File.WriteAllText(Path.Combine(sample, "labels.txt"), string.Join('\n', GlyphTable.Labels) + "\n");
        Console.WriteLine($"{count} images and {GlyphTable.Labels.Count} labels written to {sample}");
        return 0;
    }

    /// <summary>Draws one picture with every class in a dozen hands.</summary>
    public static int Preview(string file)
    {
        File.WriteAllBytes(file, ContactSheet.Draw());
        return 0;
    }

    /// <summary>Trains the model and saves its weights in TorchSharp's format.</summary>
    public static int Train(string weights, int steps, ScalarType precision)
    {
        Start();
        using var model = new VisionTransformer(Shape);
        Console.WriteLine($"{model.parameters().Sum(p => p.numel()):N0} parameters, {steps:N0} steps in {precision}");
        var accuracy = Fitting.Run(model, new FittingPlan(steps, Batch: 96, Rate: 1e-3, Seed, precision));
        model.save(weights);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"unseen writers: {accuracy:P2}; weights written to {weights}"));
        return 0;
    }

    /// <summary>Writes trained weights as ONNX, if ONNX Runtime gives the same logits.</summary>
    public static int Export(string weights, string file)
    {
        Start();
        OnnxRuntimeNative.Initialize(typeof(OrtEnv).Assembly);
        using var model = new VisionTransformer(Shape);
        model.load(weights);
        model.eval();
        var onnx = OnnxWriter.ToBytes(VisionTransformerExporter.Export(model, Shape));
        return CheckedExport.Write(onnx, ExportCheck.LargestDifference(model, onnx), file);
    }

    private static void Start()
    {
        TorchRuntime.Initialize();
        random.manual_seed(Seed);
    }
}
