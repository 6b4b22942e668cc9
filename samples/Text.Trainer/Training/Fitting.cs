using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Text.Trainer.Training;

/// <summary>Texts of one training step: ids and mask [batch, length], and for each text its class, or for each token the next one; -100 counts nothing.</summary>
internal sealed record TextBatch(long[] Ids, long[] Mask, long[] Targets, int Count)
{
    /// <summary>Fills the texts up to the longest.</summary>
    public static TextBatch Of(IReadOnlyList<(int[] Ids, int Class)> texts, int pad, bool causal)
    {
        var length = texts.Max(text => text.Ids.Length);
        IEnumerable<long> Rows(Func<int[], int, long> at) => texts.SelectMany(text => Enumerable.Range(0, length).Select(i => at(text.Ids, i)));
        return new TextBatch(
            [.. Rows((ids, i) => i < ids.Length ? ids[i] : pad)],
            [.. Rows((ids, i) => i < ids.Length ? 1 : 0)],
            causal ? [.. Rows((ids, i) => i + 1 < ids.Length ? ids[i + 1] : -100)] : [.. texts.Select(text => (long)text.Class)],
            texts.Count);
    }
}

/// <summary>Trains a model on freshly written texts.</summary>
internal static class Fitting
{
    private const int ReportEvery = 50;

    /// <summary>Trains in place with AdamW, linear warm-up and a half cosine, and prints the course.</summary>
    public static void Run(TextTransformer model, int steps, double rate, Func<int, TextBatch> batchOf)
    {
        using var optimizer = optim.AdamW(model.parameters(), rate, beta2: 0.98, weight_decay: 0.03);
        var watch = Stopwatch.StartNew();
        var (loss, right) = (0.0, 0.0);
        for (var step = 0; step < steps; step++)
        {
            var warmUp = Math.Max(1, steps / 20);
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = step < warmUp ? rate * (step + 1) / warmUp : rate * 0.5 * (1 + Math.Cos(Math.PI * (step - warmUp) / (steps - warmUp)));
            using var scope = NewDisposeScope();
            var (logits, targets) = Scores(model, batchOf(step));
            var error = nn.functional.cross_entropy(logits, targets, ignore_index: -100);
            optimizer.zero_grad();
            error.backward();
            nn.utils.clip_grad_norm_(model.parameters(), 1.0);
            optimizer.step();
            loss += error.ToDouble() / ReportEvery;
            right += Right(logits, targets) / ReportEvery;
            if ((step + 1) % ReportEvery != 0)
                continue;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {step + 1,6}  loss {loss:F4}  right {right:P2}  {watch.Elapsed.TotalSeconds:F0} s"));
            (loss, right) = (0.0, 0.0);
        }
    }

    /// <summary>Share of texts, or of next tokens, that are named right, and the mean cross entropy in nats.</summary>
    public static (double Right, double Loss) Measure(TextTransformer model, TextBatch batch)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var (logits, targets) = Scores(model, batch);
        return (Right(logits, targets), nn.functional.cross_entropy(logits, targets, ignore_index: -100).ToDouble());
    }

    private static (Tensor Logits, Tensor Targets) Scores(TextTransformer model, TextBatch batch)
    {
        var ids = tensor(batch.Ids).reshape(batch.Count, -1);
        var logits = model.call(ids, tensor(batch.Mask).reshape(batch.Count, -1));
        return (logits.reshape(-1, logits.shape[^1]), tensor(batch.Targets));
    }

    private static double Right(Tensor logits, Tensor targets)
    {
        using var counts = targets.ne(-100);
        return (logits.argmax(1).eq(targets).sum().ToDouble() / counts.sum().ToDouble());
    }
}
