using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace PersonalVision.Trainer.Training;

/// <summary>How the model is trained.</summary>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Batch">Images per step, all freshly drawn.</param>
/// <param name="Rate">Highest learning rate of AdamW; linear warm-up, then a half cosine to zero.</param>
/// <param name="Seed">Seed of weights and batches.</param>
/// <param name="Precision">Type that the matrix products compute in.</param>
internal sealed record FittingPlan(int Steps, int Batch, double Rate, ulong Seed, ScalarType Precision)
{
    public double RateAt(int step)
    {
        var warmUp = Math.Max(1, Steps / 20);
        return step < warmUp
            ? Rate * (step + 1) / warmUp
            : Rate * 0.5 * (1 + Math.Cos(Math.PI * (step - warmUp) / (Steps - warmUp)));
    }
}

/// <summary>Trains a model on freshly drawn glyphs; no image is seen twice.</summary>
internal static class Fitting
{
    private const int ReportEvery = 100;
    private const int HeldBackImages = 1800;

    /// <summary>Trains in place and prints the course; returns the share of held-back images that are named right.</summary>
    public static double Run(VisionTransformer model, FittingPlan plan)
    {
        using var optimizer = optim.AdamW(model.parameters(), plan.Rate, beta2: 0.98, weight_decay: 0.03);
        model.Precision = plan.Precision;
        var watch = Stopwatch.StartNew();
        var next = Task.Run(() => GlyphBatches.Training(plan.Seed, 0, plan.Batch));
        var (loss, right) = (0.0, 0.0);
        for (var step = 0; step < plan.Steps; step++)
        {
            var batch = next.Result;
            var following = step + 1;
            next = Task.Run(() => GlyphBatches.Training(plan.Seed, following, plan.Batch)); // drawn while this step computes
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = plan.RateAt(step);
            var (stepLoss, stepRight) = Step(model, optimizer, batch);
            loss += stepLoss / ReportEvery;
            right += stepRight / ReportEvery;
            if (following % ReportEvery == 0)
            {
                Console.WriteLine($"step {following,6}  loss {loss:F4}  right {right:P2}  {watch.Elapsed.TotalSeconds:F0} s");
                (loss, right) = (0.0, 0.0);
            }

            if (following % (10 * ReportEvery) == 0)
                Console.WriteLine($"             held back {Accuracy(model):P2}");
        }

        return Accuracy(model);
    }

    /// <summary>Share of images by unseen writers that are named right.</summary>
    public static double Accuracy(VisionTransformer model)
    {
        var precision = model.Precision;
        model.Precision = ScalarType.Float32;
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var (pixels, labels) = GlyphBatches.ToTensors(GlyphBatches.HeldBack(HeldBackImages));
        var right = 0.0;
        foreach (var (x, y) in pixels.split(200).Zip(labels.split(200)))
            right += model.call(x).argmax(1).eq(y).sum().ToDouble();
        model.Precision = precision;
        return right / HeldBackImages;
    }

    private static (double Loss, double Right) Step(VisionTransformer model, optim.Optimizer optimizer, (float[], long[]) batch)
    {
        using var scope = NewDisposeScope();
        var (pixels, labels) = GlyphBatches.ToTensors(batch);
        var logits = model.call(pixels);
        var loss = nn.functional.cross_entropy(logits, labels);
        optimizer.zero_grad();
        loss.backward();
        nn.utils.clip_grad_norm_(model.parameters(), 1.0);
        optimizer.step();
        return (loss.ToDouble(), logits.argmax(1).eq(labels).to_type(ScalarType.Float32).mean().ToDouble());
    }
}
