using System.Diagnostics;
using PruneTasks.Runtime;

namespace PruneTasks.Benchmarks.Wrapper;

/// <summary>
/// Many threads on one model, each with requests and calls of its own, cancelled at random: every result that comes back is the right one,
/// and memory stays flat.
/// </summary>
internal static class StressBenchmark
{
    private const int Inputs = 16;

    public static async Task<int> Run(int threads, int calls, int seed, TextWriter output)
    {
        WrapperModel.UseNatives();
        await using ModelEngine engine = WrapperModel.Load(WrapperModel.Vit, new ModelOptions { IntraOpThreads = 1 });
        (float[][] inputs, float[][] expected) = Expected(engine, seed);
        long cancelled = 0, finished = 0, wrong = 0;
        // The pool grows to the number of threads in the first calls; memory is compared from then on.
        await Round(Math.Min(calls / 10, 200));
        long before = Memory();
        (cancelled, finished) = (0, 0);
        var clock = Stopwatch.StartNew();
        await Round(calls);
        clock.Stop();
        long after = Memory();
        output.WriteLine(FormattableString.Invariant($"{threads} threads × {calls} calls in {clock.Elapsed.TotalSeconds:0} s: {finished} finished, {cancelled} cancelled, {wrong} wrong; working set {before >> 20} → {after >> 20} MB."));
        bool flat = after - before < 32L << 20;
        return wrong == 0 && finished + cancelled == (long)threads * calls && flat ? 0 : 1;

        Task Round(int each) => Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(
            () => Worker(thread, each).GetAwaiter().GetResult(), TaskCreationOptions.LongRunning)));

        async Task Worker(int thread, int each)
        {
            Random random = new((seed * 1000) + thread);
            using ModelRequest request = engine.CreateRequest([1]);
            for (int i = 0; i < each; i++)
            {
                int which = random.Next(Inputs);
                bool cancel = random.Next(4) == 0;
                using CancellationTokenSource stop = new();
                if (cancel)
                    stop.CancelAfter(TimeSpan.FromMilliseconds(random.NextDouble() * 4));
                try
                {
                    bool right = random.Next(3) switch
                    {
                        0 => Call(inputs[which], expected[which], stop.Token),
                        1 => Sync(request, inputs[which], expected[which], stop.Token),
                        _ => await Async(request, inputs[which], expected[which], stop.Token).ConfigureAwait(false),
                    };
                    Interlocked.Increment(ref finished);
                    if (!right)
                        Interlocked.Increment(ref wrong);
                }
                catch (OperationCanceledException) when (cancel)
                {
                    Interlocked.Increment(ref cancelled);
                }
            }
        }

        bool Call(float[] input, float[] wanted, CancellationToken token)
        {
            using ModelCall call = engine.Begin(token);
            call.Input<float>(0, input, [1, 3, 32, 32]);
            call.Run();
            return call.OutputSpan<float>(0).SequenceEqual(wanted);
        }
    }

    private static bool Sync(ModelRequest request, float[] input, float[] wanted, CancellationToken token)
    {
        input.CopyTo(request.Input<float>(0));
        request.Run(token);
        return request.Output<float>(0).SequenceEqual(wanted);
    }

    private static async Task<bool> Async(ModelRequest request, float[] input, float[] wanted, CancellationToken token)
    {
        input.CopyTo(request.Input<float>(0));
        await request.RunAsync(token).ConfigureAwait(false);
        return request.Output<float>(0).SequenceEqual(wanted);
    }

    private static (float[][] Inputs, float[][] Expected) Expected(ModelEngine engine, int seed)
    {
        Random random = new(seed);
        float[][] inputs = new float[Inputs][], expected = new float[Inputs][];
        using ModelRequest request = engine.CreateRequest([1]);
        for (int i = 0; i < Inputs; i++)
        {
            inputs[i] = [.. Enumerable.Range(0, 3 * 32 * 32).Select(_ => (float)((random.NextDouble() * 4) - 2))];
            inputs[i].CopyTo(request.Input<float>(0));
            request.Run();
            expected[i] = request.Output<float>(0).ToArray();
        }
        return (inputs, expected);
    }

    private static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        // Gives back what the collector keeps for new objects: that grows with the calls up to its budget, though nothing stays alive.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
