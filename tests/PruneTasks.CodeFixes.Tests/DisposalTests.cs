using PruneTasks.CodeFixes.Tests.Harness;

namespace PruneTasks.CodeFixes.Tests;

public sealed class DisposalTests
{
    private const string Id = "PRUNE0501";

    [Theory]
    [InlineData("Vit [|vit = new()|]; vit.Classify(new byte[3]);")]
    [InlineData("Vit [|vit = await Vit.LoadAsync()|]; Console.WriteLine(vit.Name);")]
    [InlineData("Vit [|vit = await Vit.LoadAsync().ConfigureAwait(false)|]; Console.WriteLine(vit.Name);")]
    [InlineData("using Vit vit = new(); var [|output = vit.RunOne(new float[4])|]; Console.WriteLine(output.Logits.Span[0]);")]
    [InlineData("using Vit vit = new(); vit.Classify(new byte[3]); [|vit.RunOne(new float[4])|];")]
    [InlineData("using Vit vit = new(); Console.WriteLine([|vit.RunOne(new float[4])|].Logits.Span[0]);")]
    [InlineData("using Vit vit = new(); _ = [|vit.CreateRequest()|];")]
    [InlineData("using Vit vit = new(); using VitSession one = vit.CreateSession(); var [|two = one.Fork()|]; if (two is null) return;")]
    public Task Reports_what_nobody_disposes(string statements) => Verify.Reports(Id, statements, "PRUNE0507");

    [Theory]
    [InlineData("using Vit vit = new(); vit.Classify(new byte[3]);")]
    [InlineData("using (Vit vit = new()) Console.WriteLine(vit.Name);")]
    [InlineData("Vit vit = new(); using (vit) Console.WriteLine(vit.Name);")]
    [InlineData("Vit vit = new(); try { Console.WriteLine(vit.Name); } finally { vit.Dispose(); }")]
    [InlineData("Vit? vit = null; vit = new Vit(); vit?.Dispose();")]
    [InlineData("Vit vit = new(); Keep.Add(vit); static class Keep { public static void Add(IDisposable owned) { } }")]
    [InlineData("Vit vit = new(); Func<string> name = () => vit.Name; Console.WriteLine(name());")]
    [InlineData("Vit[] all = { new Vit(), new Vit() }; Console.WriteLine(all.Length);")]
    [InlineData("var pair = (new Vit(), 1); Console.WriteLine(pair.Item2);")]
    [InlineData("Task<Vit> loading = Vit.LoadAsync(); using Vit vit = await loading; Console.WriteLine(vit.Name);")]
    [InlineData("new Vit().Dispose();")]
    [InlineData("Vit vit = Keep.Model; Console.WriteLine(vit.Name); static class Keep { public static readonly Vit Model = new(); }")]
    [InlineData("Assert.Throws<ModelException>(() => new Vit()); Expect(() => new Vit()); static void Expect(Action action) => action();")]
    public Task Says_nothing_where_somebody_does_or_may(string code) => Verify.IsClean(code);

    [Fact]
    public Task Says_nothing_of_fields_injection_and_what_is_returned() => Verify.IsClean("""
        sealed class Service(Vit injected) : IDisposable
        {
            private readonly Vit _own = new();
            private Vit? _later;
            public Vit Model { get; } = new();
            public static Vit Create() => new();
            public static Vit CreateAndTry() { Vit vit = new(); Console.WriteLine(vit.Name); return vit; }
            public static async Task<Vit> LoadAsync() { var vit = await Vit.LoadAsync(); return vit; }
            public static void Register(Func<object, object> add) => add(new Func<object, Vit>(_ => new Vit()));
            public static bool TryCreate(out Vit vit) { vit = new Vit(); return true; }
            public VitRequest Request() { VitRequest request = injected.CreateRequest(); return request; }
            public System.Collections.Generic.IEnumerable<Vit> Many() { Vit vit = new(); yield return vit; }
            public Vit Later => _later ??= new Vit();
            public void Set() { Vit vit = new(); _later = vit; }
            public void Dispose() { _own.Dispose(); _later?.Dispose(); Model.Dispose(); }
        }
        """);

    [Fact]
    public Task Fix_adds_using() => Verify.Fixed(Id, """
        // the model
        Vit vit = new(); // once
        Console.WriteLine(vit.Name);
        """, """
        // the model
        using Vit vit = new(); // once
        Console.WriteLine(vit.Name);
        """);

    [Fact]
    public Task Fix_declares_what_is_thrown_away() => Verify.Fixed(Id, """
        using Vit vit = new();
        vit.RunOne(new float[4]);
        """, """
        using Vit vit = new();
        using VitOutput vitOutput = vit.RunOne(new float[4]);
        """);

    [Fact]
    public Task Fix_leaves_a_chain_alone() => Verify.NotFixed(Id, "Console.WriteLine(new Vit().Name);");
}
