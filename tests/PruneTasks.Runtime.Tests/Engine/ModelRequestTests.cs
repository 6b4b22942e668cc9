using Microsoft.ML.OnnxRuntime.Tensors;
using PruneTasks.Tests;

namespace PruneTasks.Runtime.Tests.Engine;

/// <summary>Requests: in place, without allocation, for one caller at a time.</summary>
[Collection(nameof(AllocationCollection))]
public sealed class ModelRequestTests
{
    [Fact]
    public void A_thousand_runs_allocate_nothing_whatever_the_axes()
    {
        using ModelEngine engine = Doubler();
        using ModelRequest request = engine.CreateRequest([5]);
        int[][] sizes = [[5], [2], [3]];
        Alternate(3);
        Assert.Equal(0, Allocations.Of(() => Alternate(1000)));

        void Alternate(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                request.Resize(sizes[i % 3]);
                Span<float> x = request.Input<float>(0);
                x.Fill(i);
                request.Run();
                ReadOnlySpan<float> y = request.Output<float>(0);
                if (y.Length != 3 * sizes[i % 3][0] || y[^1] != 2 * i || request.OutputShape(0)[0] != sizes[i % 3][0])
                    throw new InvalidOperationException("wrong result");
            }
        }
    }

    [Fact]
    public async Task An_awaited_run_gives_the_request_back_and_a_failed_one_too()
    {
        using ModelEngine engine = Doubler();
        using ModelRequest request = engine.CreateRequest([2]);
        for (int i = 0; i < 100; i++)
        {
            request.Input<float>(0).Fill(i);
            await request.RunAsync(TestContext.Current.CancellationToken);
            Assert.Equal(2f * i, request.Output<float>(0)[5]);
        }
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await request.RunAsync(new CancellationToken(true)));
        request.Run();
        Assert.Equal(198f, request.Output<float>(0)[5]);
    }

    [Fact]
    public void A_shape_that_the_model_does_not_give_is_learnt_and_then_nothing_is_allocated()
    {
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, "n", 2).Node("Flatten", "x", "y").Output("y", TensorElementType.Float, "a", "b");
        using ModelEngine engine = Load(model, ["n"], [TensorSignature.Of<float>("x", [-1, 2])], [TensorSignature.Of<float>("y", [TensorSignature.Open, TensorSignature.Open])]);
        using ModelRequest request = engine.CreateRequest([3]);
        for (int i = 0; i < 3; i++)
            request.Run();
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 1000; i++)
                request.Run();
        }));
        Assert.Equal([3, 2], request.OutputShape(0).ToArray());
        Assert.False(engine.DataDependent[0]);
    }

    [Fact]
    public void An_output_whose_shape_depends_on_values_is_right_every_time()
    {
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, "n").Node("NonZero", "x", "y").Node("Add", "x x", "z")
            .Output("y", TensorElementType.Int64, 1, "k").Output("z", TensorElementType.Float, "n");
        using ModelEngine engine = Load(model, ["n"], [TensorSignature.Of<float>("x", [-1])],
            [TensorSignature.Of<long>("y", [1, TensorSignature.Open]), TensorSignature.Of<float>("z", [-1])]);
        using ModelRequest request = engine.CreateRequest([4]);
        float[][] inputs = [[1, 0, 2, 0], [0, 0, 0, 3], [1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]];
        foreach (float[] input in inputs)
        {
            input.CopyTo(request.Input<float>(0));
            request.Run();
            Assert.Equal(Enumerable.Range(0, 4).Where(i => input[i] != 0).Select(i => (long)i), request.Output<long>(0).ToArray());
            Assert.Equal(input.Select(value => value + value), request.Output<float>(1).ToArray());
        }
        Assert.True(engine.DataDependent[0]);
        Assert.False(engine.DataDependent[1]);
    }

    [Fact]
    public void Axes_of_the_model_that_lie_are_found_out()
    {
        // The output says that it has n entries, and has two n.
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, "n").Node("Expand", "x s", "y").Input("s", TensorElementType.Int64, 1).Output("y", TensorElementType.Float, "n");
        using ModelEngine engine = Load(model, ["n"], [TensorSignature.Of<float>("x", [-1]), TensorSignature.Of<long>("s", [1])], [TensorSignature.Of<float>("y", [-1])]);
        using ModelRequest request = engine.CreateRequest([1]);
        request.Input<float>(0)[0] = 7;
        foreach (int length in new[] { 3, 1, 2 })
        {
            request.Input<long>(1)[0] = length;
            request.Run();
            Assert.Equal(Enumerable.Repeat(7f, length), request.Output<float>(0).ToArray());
        }
    }

    [Fact]
    public void Strings_go_in_and_come_out()
    {
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.String, "n").Node("Identity", "x", "y").Output("y", TensorElementType.String, "n");
        using ModelEngine engine = Load(model, ["n"], [TensorSignature.OfString("x", [-1])], [TensorSignature.OfString("y", [-1])]);
        using ModelRequest request = engine.CreateRequest([3]);
        foreach (string[] texts in (string[][])[["a", "", "Größe 画"], ["b", "c"]])
        {
            request.Resize([texts.Length]);
            texts.CopyTo(request.StringInput(0));
            request.Run();
            Assert.Equal(texts, request.StringOutput(0));
        }
        using ModelCall call = engine.Begin();
        call.Strings(0, ["x", "y"], [2]);
        call.Run();
        Assert.Equal(["x", "y"], call.StringOutput(0).Values);
    }

    [Fact]
    public async Task A_second_caller_is_refused_and_so_is_reading_while_it_runs()
    {
        using ModelEngine engine = Load(SlowModel(), [], [TensorSignature.Of<float>("x", [512, 512])], [TensorSignature.Of<float>("y", [512, 512])]);
        using ModelRequest request = engine.CreateRequest([]);
        using CancellationTokenSource stop = new();
        ValueTask running = request.RunAsync(stop.Token);
        Assert.Throws<InvalidOperationException>(() => request.Run());
        Assert.Throws<InvalidOperationException>(() => { request.Input<float>(0); });
        Assert.Throws<InvalidOperationException>(() => { request.Output<float>(0); });
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await running);
        // The next run is not stopped by the last one's token.
        request.Run();
        Assert.Equal(512 * 512, request.Output<float>(0).Length);
    }

    [Fact]
    public async Task Disposing_in_any_order_and_in_the_middle_of_a_run_is_safe()
    {
        ModelEngine engine = Load(SlowModel(), [], [TensorSignature.Of<float>("x", [512, 512])], [TensorSignature.Of<float>("y", [512, 512])]);
        ModelRequest request = engine.CreateRequest([]);
        ValueTask running = request.RunAsync(TestContext.Current.CancellationToken);
        request.Dispose();
        Task disposed = engine.DisposeAsync().AsTask();
        await running;
        await disposed.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Throws<ObjectDisposedException>(() => request.Run());
        Assert.Throws<ObjectDisposedException>(() => engine.CreateRequest([]));
        request.Dispose();

        ModelEngine other = Doubler();
        ModelRequest open = other.CreateRequest([1]);
        await other.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => open.Run());
        open.Dispose();
    }

    [Fact]
    public void Sizes_beyond_the_capacity_and_outputs_before_a_run_are_refused()
    {
        using ModelEngine engine = Doubler();
        using ModelRequest request = engine.CreateRequest([2]);
        Assert.Throws<InvalidOperationException>(() => { request.Output<float>(0); });
        Assert.Throws<ArgumentOutOfRangeException>(() => request.Resize([3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => request.Resize([-1]));
        request.Run();
        request.Resize([1]);
        Assert.Throws<InvalidOperationException>(() => { request.Output<float>(0); });
        Assert.Throws<InvalidOperationException>(() => { request.Input<double>(0); });
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.CreateRequest([-1]));
        request.Resize([0]);
        request.Run();
        Assert.Equal(0, request.Output<float>(0).Length);
    }

    private static ModelEngine Doubler() => Load(
        new TinyOnnx().Input("x", TensorElementType.Float, "n", 3).Node("Add", "x x", "y").Output("y", TensorElementType.Float, "n", 3),
        ["n"], [TensorSignature.Of<float>("x", [-1, 3])], [TensorSignature.Of<float>("y", [-1, 3])]);

    private static TinyOnnx SlowModel()
    {
        const int Products = 60;
        TinyOnnx model = new TinyOnnx().Input("x", TensorElementType.Float, 512, 512).Output("y", TensorElementType.Float, 512, 512);
        for (int i = 0; i < Products; i++)
            model.Node("MatMul", i == 0 ? "x x" : $"h{i - 1} x", i == Products - 1 ? "y" : $"h{i}");
        return model;
    }

    private static ModelEngine Load(TinyOnnx model, string[] axes, TensorSignature[] inputs, TensorSignature[] outputs) =>
        ModelEngine.Load(new ModelDefinition(typeof(ModelRequestTests), "tiny", "none", axes, inputs, outputs), model.ToBytes());
}
