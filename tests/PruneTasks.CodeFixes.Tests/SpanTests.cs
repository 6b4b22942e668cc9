using PruneTasks.CodeFixes.Tests.Harness;

namespace PruneTasks.CodeFixes.Tests;

public sealed class SpanTests
{
    private const string Id = "PRUNE0506";

    private const string Before = "using Vit vit = new(); VitRequest request = vit.CreateRequest(); request.Dispose(); using VitRequest other = vit.CreateRequest(); ";

    [Theory]
    [InlineData("other.Run(); ReadOnlySpan<float> first = other.Logits; other.Run(); Console.WriteLine([|first|][0]);")]
    [InlineData("other.Run(); var first = other.Logits[..2]; other.Run(); if (args.Length > 0) Console.WriteLine([|first|][0]);")]
    [InlineData("using VitSession s = vit.CreateSession(); ReadOnlySpan<float> a = s.Append([1]); ReadOnlySpan<float> b = s.Append([2]); Console.WriteLine([|a|][0] + b[0]);")]
    [InlineData("VitOutput o = vit.RunOne(new float[4]); ReadOnlySpan<float> v = o.Logits.Span; o.Dispose(); Console.WriteLine([|v|][0]);")]
    [InlineData("VitOutput o = vit.RunOne(new float[4]); TensorView<float> v = o.Logits; o.Dispose(); Console.WriteLine([|v|].Span[0]);")]
    [InlineData("VitRequest r = vit.CreateRequest(); ReadOnlySpan<float> v = r.Logits; r.Run(); r.Dispose(); Console.WriteLine([|v|][0]);")]
    public Task Reports_views_of_memory_that_is_gone(string statements) => Verify.Reports(Id, Before + statements);

    [Theory]
    [InlineData("other.Run(); ReadOnlySpan<float> first = other.Logits; Console.WriteLine(first[0]); other.Run();")]
    [InlineData("ReadOnlySpan<float> all = other.Logits; for (int i = 0; i < 3; i++) { other.Run(); Console.WriteLine(all[i]); }")]
    [InlineData("for (int i = 0; i < 3; i++) { other.Run(); ReadOnlySpan<float> each = other.Logits; Console.WriteLine(each[0]); }")]
    [InlineData("Span<float> input = other.Input; input.Fill(1); other.Run(); input.Fill(2); other.Run();")]
    [InlineData("other.Run(); float[] copy = other.Logits.ToArray(); other.Run(); Console.WriteLine(copy[0]);")]
    [InlineData("other.Run(); ReadOnlySpan<float> copy = other.Logits.ToArray(); other.Run(); Console.WriteLine(copy[0]);")]
    [InlineData("other.Run(); ReadOnlySpan<float> now = other.Logits; other.Run(); now = other.Logits; Console.WriteLine(now[0]);")]
    [InlineData("other.Run(); ReadOnlySpan<float> now = other.Logits; if (args.Length > 1) { other.Run(); return; } Console.WriteLine(now[0]);")]
    [InlineData("other.Run(); ReadOnlySpan<float> now = other.Logits; if (args.Length > 1) other.Run(); else Console.WriteLine(now[0]);")]
    [InlineData("using VitRequest two = vit.CreateRequest(); other.Run(); ReadOnlySpan<float> now = other.Logits; two.Run(); Console.WriteLine(now[0]);")]
    public Task Says_nothing_of_views_that_show_what_they_should(string statements) => Verify.IsClean(Before + statements);

    [Fact]
    public Task Fix_copies() => Verify.Fixed(Id,
        Before + "other.Run(); ReadOnlySpan<float> first = other.Logits; other.Run(); Console.WriteLine(first[0]);",
        Before + "other.Run(); ReadOnlySpan<float> first = other.Logits.ToArray(); other.Run(); Console.WriteLine(first[0]);");

    [Fact]
    public Task Fix_is_not_offered_for_a_view_with_a_shape() => Verify.NotFixed(Id,
        Before + "VitOutput o = vit.RunOne(new float[4]); TensorView<float> v = o.Logits; o.Dispose(); Console.WriteLine(v.Span[0]);");
}
