using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Tests;

namespace PruneTasks.Runtime.Tests.Engine;

/// <summary>A loaded model from its first call to the last: results, threads, cancellation, failures. In one file, above 12 KB, with the few tiny models that all of them run.</summary>
public sealed class ModelEngineTests
{
    [Fact]
    public void Outputs_carry_values_and_shape()
    {
        using ModelEngine engine = Doubler();
        using ModelCall call = engine.Begin();
        call.Input<float>(0, [1, 2, 3, 4, 5, 6], [2, 3]);
        call.Run();
        TensorView<float> view = call.Output<float>(0).View;
        Assert.Equal([2f, 4f, 6f, 8f, 10f, 12f], view.Span.ToArray());
        Assert.Equal([2, 3], view.Shape.ToArray());
        Assert.Equal([8f, 10f, 12f], view[1].Span.ToArray());
        Assert.Equal(10f, view[1][1].Span[0]);
    }

    [Fact]
    public void A_copied_output_outlives_call_and_model()
    {
        OutputTensor<float> output;
        using (ModelEngine engine = Doubler())
            output = Double(engine, [1, 2, 3]);
        GC.Collect();
        Assert.Equal([2f, 4f, 6f], output.View.Span.ToArray());
    }

    [Fact]
    public void Eight_threads_on_one_model_each_get_their_own_results()
    {
        using ModelEngine engine = Doubler();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            Random random = new(thread);
            for (int i = 0; i < 500; i++)
            {
                float[] values = [.. Enumerable.Range(0, 3 * random.Next(1, 20)).Select(_ => random.NextSingle())];
                Assert.Equal(values.Select(value => value + value), Double(engine, values).View.Span.ToArray());
            }
        });
    }

    [Fact]
    public void Dispose_lets_running_calls_finish_and_refuses_new_ones()
    {
        ModelEngine engine = Doubler();
        ModelCall call = engine.Begin();
        engine.Dispose();
        call.Input<float>(0, [1, 2, 3], [1, 3]);
        call.Run();
        Assert.Equal([2f, 4f, 6f], call.OutputSpan<float>(0).ToArray());
        call.Dispose();
        call.Dispose();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { engine.Begin(); });
        Assert.Throws<ObjectDisposedException>(() => engine.Session);
    }

    [Fact]
    public async Task Dispose_in_the_middle_of_eight_threads_gives_results_or_a_clear_exception()
    {
        for (int round = 0; round < 5; round++)
        {
            ModelEngine engine = Doubler();
            int finished = 0;
            Task[] callers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            {
                while (true)
                {
                    try
                    {
                        Assert.Equal(4f, Double(engine, [1, 2, 3]).View.Span[1]);
                        Interlocked.Increment(ref finished);
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }
                }
            }))];
            SpinWait.SpinUntil(() => Volatile.Read(ref finished) > 20, TimeSpan.FromSeconds(20));
            engine.Dispose();
            await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(20));
            Assert.True(finished > 20);
        }
    }

    [Fact]
    public async Task Cancelling_stops_that_call_and_no_other()
    {
        using ModelEngine engine = Load(SlowModel(), [TensorSignature.Of<float>("x")], [TensorSignature.Of<float>("y")]);
        float[] values = new float[512 * 512];
        long begin = Stopwatch.GetTimestamp();
        Slow(engine, values, CancellationToken.None);
        TimeSpan alone = Stopwatch.GetElapsedTime(begin);
        Task<OutputTensor<float>> other = Task.Run(() => Slow(engine, values, CancellationToken.None));
        OperationCanceledException exception;
        CancellationToken stopped;
        int tries = 0;
        do
        {
            // On a busy machine the moment may come before the run has begun, and then ONNX Runtime has stopped nothing: once more.
            using CancellationTokenSource stop = new(alone / 4);
            stopped = stop.Token;
            exception = Assert.ThrowsAny<OperationCanceledException>(() => Slow(engine, values, stopped));
            Assert.Equal(stopped, exception.CancellationToken);
        }
        while (exception.InnerException is null && ++tries < 20);
        Assert.IsType<OnnxRuntimeException>(exception.InnerException);
        Assert.Equal(512 * 512, (await other).View.Span.Length);
        Assert.ThrowsAny<OperationCanceledException>(() => Slow(engine, values, stopped));
    }

    [Fact]
    public void More_inputs_than_pinned_slots_scalars_and_empty_tensors_work()
    {
        TinyOnnx model = new TinyOnnx().Output("y", TensorElementType.Float, "n");
        List<TensorSignature> inputs = [];
        for (int i = 0; i < 11; i++)
        {
            model.Input($"x{i}", TensorElementType.Float, i == 3 ? [] : ["n"]);
            inputs.Add(TensorSignature.Of<float>($"x{i}"));
        }
        model.Node("Sum", string.Join(' ', Enumerable.Range(0, 11).Select(i => $"x{i}")), "y");
        using ModelEngine engine = Load(model, [.. inputs], [TensorSignature.Of<float>("y")]);
        foreach (int length in new[] { 2, 0 })
        {
            using ModelCall call = engine.Begin();
            for (int i = 0; i < 11; i++)
            {
                if (i == 3)
                    call.Scalar(i, 1000f);
                else
                    call.Input<float>(i, new float[] { i, 10 * i }.AsSpan(0, length), [length]);
            }
            call.Run();
            Assert.Equal(new[] { 1052f, 1520f }.AsSpan(0, length).ToArray(), call.Output<float>(0).View.Span.ToArray());
        }
    }

    [Fact]
    public void Every_element_type_keeps_its_bytes()
    {
        RoundTrip(TensorElementType.Float, [1.5f, -2f]);
        RoundTrip(TensorElementType.Double, [1.5, -2]);
        RoundTrip(TensorElementType.Float16, [(Half)1.5f, Half.MinValue]);
        RoundTrip(TensorElementType.BFloat16, [(BFloat16)1.5f, BFloat16.MinValue]);
        RoundTrip(TensorElementType.Int8, [(sbyte)-128, (sbyte)5]);
        RoundTrip(TensorElementType.Int16, [short.MinValue, (short)5]);
        RoundTrip(TensorElementType.Int32, [int.MinValue, 5]);
        RoundTrip(TensorElementType.Int64, [long.MinValue, 5]);
        RoundTrip(TensorElementType.UInt8, [byte.MaxValue, (byte)5]);
        RoundTrip(TensorElementType.UInt16, [ushort.MaxValue, (ushort)5]);
        RoundTrip(TensorElementType.UInt32, [uint.MaxValue, 5u]);
        RoundTrip(TensorElementType.UInt64, [ulong.MaxValue, 5ul]);
        RoundTrip(TensorElementType.Bool, [true, false]);
    }

    [Fact]
    public void Values_that_do_not_fill_the_shape_are_refused_before_anything_runs()
    {
        using ModelEngine engine = Doubler();
        ModelException exception = Assert.Throws<ModelException>(() =>
        {
            using ModelCall call = engine.Begin();
            call.Input<float>(0, [1, 2], [1, 3]);
        });
        Assert.Equal((ModelErrorKind.Shape, "x"), (exception.Kind, exception.TensorName));
        Assert.Contains("2 values", exception.Message);
        Assert.Contains("[1, 3]", exception.Message);
        Assert.Throws<InvalidOperationException>(() =>
        {
            using ModelCall call = engine.Begin();
            call.Run();
        });
    }

    [Fact]
    public void A_failure_inside_ONNX_Runtime_names_the_model()
    {
        using ModelEngine engine = Doubler();
        ModelException exception = Assert.Throws<ModelException>(() =>
        {
            using ModelCall call = engine.Begin();
            call.Input<float>(0, [1, 2], [1, 2]);
            call.Run();
        });
        Assert.Equal(ModelErrorKind.Run, exception.Kind);
        Assert.Contains("'tiny'", exception.Message);
        Assert.IsType<OnnxRuntimeException>(exception.InnerException);
        // The engine is as usable as before.
        Assert.Equal([2f, 4f, 6f], Double(engine, [1, 2, 3]).View.Span.ToArray());
    }

    [Fact]
    public void A_missing_resource_is_named_with_those_that_are_there()
    {
        ModelException exception = Assert.Throws<ModelException>(
            () => ModelEngine.Load(new ModelDefinition(typeof(ModelEngineTests), "vit", "PruneTasks.vit.onnx", [], [], []), null, null));
        Assert.Equal(ModelErrorKind.Load, exception.Kind);
        Assert.Contains("PruneTasks.vit.onnx", exception.Message);
        Assert.Contains("not-a-model.onnx", exception.Message);
    }

    [Fact]
    public void A_resource_that_is_no_model_is_a_load_error()
    {
        ModelException exception = Assert.Throws<ModelException>(
            () => ModelEngine.Load(new ModelDefinition(typeof(ModelEngineTests), "vit", "not-a-model.onnx", [], [], []), null, null));
        Assert.Equal(ModelErrorKind.Load, exception.Kind);
        Assert.Contains("'vit'", exception.Message);
    }

    [Fact]
    public void A_model_from_another_build_is_refused_when_loaded()
    {
        TensorSignature x = TensorSignature.Of<float>("x"), y = TensorSignature.Of<float>("y");
        ModelException name = Assert.Throws<ModelException>(() => Load(Double(), [TensorSignature.Of<float>("image")], [y]));
        Assert.Equal((ModelErrorKind.Load, "image"), (name.Kind, name.TensorName));
        ModelException type = Assert.Throws<ModelException>(() => Load(Double(), [x], [TensorSignature.Of<long>("y")]));
        Assert.Equal((ModelErrorKind.Load, "y"), (type.Kind, type.TensorName));
    }

    [Fact]
    public void Options_reach_the_session_and_the_callers_hook_comes_last()
    {
        List<string> calls = [];
        ModelOptions options = new()
        {
            IntraOpThreads = 1,
            InterOpThreads = 3,
            ConfigureSession = session =>
            {
                calls.Add("caller");
                Assert.Equal((1, 3), (session.IntraOpNumThreads, session.InterOpNumThreads));
            },
        };
        using ModelEngine engine = ModelEngine.Load(
            new ModelDefinition(typeof(ModelEngineTests), "tiny", "none", [], [TensorSignature.Of<float>("x")], [TensorSignature.Of<float>("y")]),
            Double().ToBytes(), options, _ => calls.Add("class"));
        Assert.Equal(["class", "caller"], calls);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.IntraOpThreads = -1);
    }

    private static void RoundTrip<T>(TensorElementType type, T[] values)
        where T : unmanaged
    {
        TinyOnnx model = new TinyOnnx().Input("x", type, "n").Node("Identity", "x", "y").Output("y", type, "n");
        using ModelEngine engine = Load(model, [TensorSignature.Of<T>("x")], [TensorSignature.Of<T>("y")]);
        using ModelCall call = engine.Begin();
        call.Input<T>(0, values, [2]);
        call.Run();
        Assert.Equal(values, call.Output<T>(0).View.Span.ToArray());
    }

    private static OutputTensor<float> Double(ModelEngine engine, ReadOnlySpan<float> values)
    {
        using ModelCall call = engine.Begin();
        call.Input(0, values, [ModelShapes.Infer("x", "n", values.Length, [-1, 3]), 3]);
        call.Run();
        return call.Output<float>(0);
    }

    private static OutputTensor<float> Slow(ModelEngine engine, float[] values, CancellationToken cancellationToken)
    {
        using ModelCall call = engine.Begin(cancellationToken);
        call.Input<float>(0, values, [512, 512]);
        call.Run();
        return call.Output<float>(0);
    }

    private static TinyOnnx Double() => new TinyOnnx()
        .Input("x", TensorElementType.Float, "n", 3).Node("Add", "x x", "y").Output("y", TensorElementType.Float, "n", 3);

    private static ModelEngine Doubler() => Load(Double(), [TensorSignature.Of<float>("x")], [TensorSignature.Of<float>("y")]);

    /// <summary>A chain of products, some hundred milliseconds long; ONNX Runtime looks for a stop between operators.</summary>
    private static TinyOnnx SlowModel()
    {
        const int Products = 60;
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, 512, 512).Output("y", TensorElementType.Float, 512, 512);
        for (int i = 0; i < Products; i++)
            model.Node("MatMul", i == 0 ? "x x" : $"h{i - 1} x", i == Products - 1 ? "y" : $"h{i}");
        return model;
    }

    private static ModelEngine Load(TinyOnnx model, TensorSignature[] inputs, TensorSignature[] outputs) =>
        ModelEngine.Load(new ModelDefinition(typeof(ModelEngineTests), "tiny", "none", [], inputs, outputs), model.ToBytes());
}
