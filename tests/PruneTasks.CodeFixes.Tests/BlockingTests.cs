using PruneTasks.CodeFixes.Tests.Harness;

namespace PruneTasks.CodeFixes.Tests;

public sealed class BlockingTests
{
    private const string Id = "PRUNE0507";

    [Fact]
    public Task Reports_blocking_calls_with_a_twin() => Verify.Reports(Id, """
        class C(Vit vit, VitRequest request)
        {
            public async Task<float> M(CancellationToken token)
            {
                await Task.Yield();
                [|request.Run()|];
                [|request.Run(token)|];
                Func<Task> f = async () => { await Task.Yield(); [|request.Run()|]; };
                await f();
                return [|vit.Classify(new byte[3])|].Score;
            }
        }
        """);

    [Fact]
    public Task Says_nothing_where_code_is_synchronous_or_no_twin_takes_the_same() => Verify.IsClean("""
        class C(Vit vit, VitRequest request)
        {
            public void M() { request.Run(); vit.Classify(new byte[3]); }
            public async Task N()
            {
                await Task.Yield();
                await request.RunAsync();
                Action f = () => request.Run();
                f();
                void Inner() => request.Run();
                Inner();
                lock (vit) request.Run();
                Score(vit);
                using VitOutput output = vit.RunOne(new float[4]);
            }
            private static float Score(Vit vit) => vit.Classify(new PixelSpan(new byte[3], 1, 1, PixelFormat.Rgb24)).Score;
        }
        """);

    [Fact]
    public Task Fix_awaits() => Verify.Fixed(Id, """
        class C
        {
            async Task<float> M(Vit vit, CancellationToken token)
            {
                await Task.Yield();
                // the best
                return vit.Classify(new byte[3], token).Score; // done
            }
        }
        """, """
        class C
        {
            async Task<float> M(Vit vit, CancellationToken token)
            {
                await Task.Yield();
                // the best
                return (await vit.ClassifyAsync(new byte[3], token)).Score; // done
            }
        }
        """);

    [Fact]
    public Task Fix_keeps_arguments() => Verify.Fixed(Id,
        "using Vit vit = new(); using VitRequest request = vit.CreateRequest(); await Task.Yield(); request.Run(default);",
        "using Vit vit = new(); using VitRequest request = vit.CreateRequest(); await Task.Yield(); await request.RunAsync(default);");
}
