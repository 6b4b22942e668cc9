using PruneTasks.CodeFixes.Tests.Harness;

namespace PruneTasks.CodeFixes.Tests;

public sealed class SharingTests
{
    private const string Id = "PRUNE0503";

    private const string Before = "using Vit vit = new(); using VitRequest request = vit.CreateRequest(); ";

    [Theory]
    [InlineData("Parallel.For(0, 8, i => [|request|].Run());")]
    [InlineData("Parallel.ForEach(args, s => { s.ToString(); [|request|].Run(); request.Run(); });")]
    [InlineData("await Parallel.ForEachAsync(args, async (s, t) => await [|request|].RunAsync(t));")]
    [InlineData("args.AsParallel().ForAll(s => [|request|].Run());")]
    [InlineData("for (int i = 0; i < 2; i++) { _ = Task.Run(() => [|request|].Run()); }")]
    [InlineData("var tasks = args.Select(s => Task.Run(() => [|request|].Run())).ToArray(); await Task.WhenAll(tasks);")]
    [InlineData("await Task.WhenAll(args.Select(s => [|request|].RunAsync().AsTask()));")]
    [InlineData("var a = Task.Run(() => request.Run()); var b = Task.Run(() => [|request|].Run()); await Task.WhenAll(a, b);")]
    [InlineData("new Thread(() => request.Run()).Start(); new Thread(() => [|request|].Run()).Start();")]
    [InlineData("Parallel.Invoke(() => request.Run(), () => [|request|].Run());")]
    public Task Reports_requests_of_many_threads(string statements) => Verify.Reports(Id, Before + statements);

    [Fact]
    public Task Reports_fields_and_sessions() => Verify.Reports(Id, """
        sealed class C(VitSession session)
        {
            private readonly VitSession _session = session;
            public void M() => Parallel.For(0, 8, i => [|_session|].Append(new[] { i }));
        }
        """);

    [Theory]
    [InlineData("await Task.Run(() => request.Run());")]
    [InlineData("for (int i = 0; i < 2; i++) await Task.Run(() => request.Run());")]
    [InlineData("var a = Task.Run(() => request.Run()); await a; var b = Task.Run(() => request.Run()); await b;")]
    [InlineData("Task.Run(() => request.Run()).Wait(); Task.Run(() => request.Run()).Wait();")]
    [InlineData("Task a; if (args.Length > 1) a = Task.Run(() => request.Run()); else a = Task.Run(() => request.Run()); await a;")]
    [InlineData("var a = new Thread(() => request.Run()); a.Start(); a.Join(); var b = new Thread(() => request.Run()); b.Start();")]
    [InlineData("Parallel.For(0, 8, i => { using VitRequest own = vit.CreateRequest(); own.Run(); });")]
    [InlineData("object gate = new(); Parallel.For(0, 8, i => { lock (gate) request.Run(); });")]
    [InlineData("Parallel.For(0, 8, () => vit.CreateRequest(), (i, state, own) => { own.Run(); return own; }, own => own.Dispose());")]
    [InlineData("for (int i = 0; i < 2; i++) { VitRequest own = vit.CreateRequest(); _ = Task.Run(() => { using (own) own.Run(); }); }")]
    [InlineData("Parallel.For(0, 8, i => vit.Classify(new byte[i]));")]
    [InlineData("foreach (float score in args.Select(s => { request.Run(); return 1f; })) Console.WriteLine(score);")]
    [InlineData("var local = new ThreadLocal<VitRequest>(() => vit.CreateRequest()); Parallel.For(0, 8, i => local.Value!.Run());")]
    [InlineData("for (int i = 0; i < 2; i++) request.Run(); request.Run();")]
    public Task Says_nothing_where_one_thread_at_a_time_uses_it(string statements) => Verify.IsClean(Before + statements + " static class X { [ThreadStatic] public static VitRequest? Own; }");

    [Fact]
    public Task Fix_creates_one_in_each_call() => Verify.Fixed(Id, """
        using Vit vit = new();
        using VitRequest request = vit.CreateRequest(batch: 2);
        Parallel.For(0, 8, i => request.Run());
        """, """
        using Vit vit = new();
        using VitRequest request = vit.CreateRequest(batch: 2);
        Parallel.For(0, 8, i =>
        {
            using var ownRequest = vit.CreateRequest(batch: 2);
            ownRequest.Run();
        });
        """);

    [Fact]
    public Task Fix_waits_for_a_task_that_the_request_belongs_to() => Verify.Fixed(Id, """
        using Vit vit = new();
        using VitRequest request = vit.CreateRequest();
        await Parallel.ForEachAsync(args, (s, t) => request.RunAsync(t));
        """, """
        using Vit vit = new();
        using VitRequest request = vit.CreateRequest();
        await Parallel.ForEachAsync(args, async (s, t) =>
        {
            using var ownRequest = vit.CreateRequest();
            await ownRequest.RunAsync(t);
        });
        """);

    [Fact]
    public Task Fix_goes_into_a_block() => Verify.Fixed(Id, """
        using Vit vit = new();
        using VitRequest request = vit.CreateRequest();
        Parallel.For(0, 8, i =>
        {
            request.Run();
        });
        """, """
        using Vit vit = new();
        using VitRequest request = vit.CreateRequest();
        Parallel.For(0, 8, i =>
        {
            using var ownRequest = vit.CreateRequest();
            ownRequest.Run();
        });
        """);
}
