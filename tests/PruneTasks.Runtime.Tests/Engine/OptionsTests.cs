using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Tests;

namespace PruneTasks.Runtime.Tests.Engine;

/// <summary>Alone: a listener hears all models of the process, and while it does their runs allocate.</summary>
[CollectionDefinition(nameof(ListenerCollection), DisableParallelization = true)]
public sealed class ListenerCollection;

/// <summary>Targets, limits, and what a listener hears.</summary>
[Collection(nameof(ListenerCollection))]
public sealed class OptionsTests
{
    [Fact]
    public void A_target_that_is_not_there_is_the_CPU_and_says_so_or_is_refused()
    {
        using (ModelEngine engine = Load(new ModelOptions { Target = ExecutionTarget.Npu }))
            Assert.Equal("CPUExecutionProvider", engine.ExecutionProvider);
        ModelException exception = Assert.Throws<ModelException>(() => Load(new ModelOptions { Target = ExecutionTarget.Npu, RequireTarget = true }));
        Assert.Equal(ModelErrorKind.Provider, exception.Kind);
        Assert.Contains("Npu", exception.Message);
        Assert.Contains("CPUExecutionProvider", exception.Message);
        using ModelEngine cpu = Load(new ModelOptions { Target = ExecutionTarget.Cpu, RequireTarget = true });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ModelOptions { MaxConcurrency = -1 });
    }

    [Fact]
    public async Task A_limit_lets_that_many_run_and_the_others_wait_without_a_thread_and_cancel()
    {
        using ModelEngine engine = Load(new ModelOptions { MaxConcurrency = 1 });
        Assert.True(engine.Gate!.Wait(0, TestContext.Current.CancellationToken));
        using ModelRequest first = engine.CreateRequest([1]), second = engine.CreateRequest([1]);
        using CancellationTokenSource stop = new();
        Task waiting = first.RunAsync(TestContext.Current.CancellationToken).AsTask(), cancelled = second.RunAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(waiting.IsCompleted);
        engine.Gate.Release();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        second.Run(TestContext.Current.CancellationToken);
        using ModelCall call = engine.Begin(TestContext.Current.CancellationToken);
        call.Input<float>(0, new float[3], [1, 3]);
        call.Run();
        Assert.Equal(1, engine.Gate.CurrentCount);
    }

    [Fact]
    public void A_listener_hears_of_each_run_with_model_provider_items_and_failure()
    {
        List<(string Instrument, double Value, string Tags)> heard = [];
        using MeterListener meter = new();
        meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "PruneTasks")
                listener.EnableMeasurementEvents(instrument);
        };
        meter.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        meter.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        meter.Start();
        List<Activity> activities = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "PruneTasks",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem("prunetasks.model"), "listened"))
                    activities.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);

        using ModelEngine engine = Load(null, "listened");
        using ModelRequest request = engine.CreateRequest([4]);
        request.Run(TestContext.Current.CancellationToken);
        Assert.Throws<ModelException>(() =>
        {
            using ModelCall call = engine.Begin();
            call.Input<float>(0, new float[2], [1, 2]);
            call.Run();
        });

        Assert.Equal(["prunetasks.run.duration", "prunetasks.run.items", "prunetasks.run.duration"], heard.Select(one => one.Instrument));
        Assert.Equal(4, heard[1].Value);
        Assert.Contains("prunetasks.provider=CPUExecutionProvider", heard[0].Tags);
        Assert.Contains("error.type=Run", heard[2].Tags);
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error], activities.Select(activity => activity.Status));

        void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string text = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            // Other tests run at the same time.
            if (text.Contains("prunetasks.model=listened", StringComparison.Ordinal))
                heard.Add((instrument.Name, value, text));
        }
    }

    private static ModelEngine Load(ModelOptions? options, string name = "tiny") => ModelEngine.Load(
        new ModelDefinition(typeof(OptionsTests), name, "none", ["n"], [TensorSignature.Of<float>("x", [-1, 3])], [TensorSignature.Of<float>("y", [-1, 3])]),
        new TinyOnnx().Input("x", TensorElementType.Float, "n", 3).Node("Add", "x x", "y").Output("y", TensorElementType.Float, "n", 3).ToBytes(), options);
}
