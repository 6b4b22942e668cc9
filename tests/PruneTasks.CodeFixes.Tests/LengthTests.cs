using PruneTasks.CodeFixes.Tests.Harness;

namespace PruneTasks.CodeFixes.Tests;

public sealed class LengthTests
{
    private const string Id = "PRUNE0504";

    private const string Before = "using Vit vit = new(); ";

    [Theory]
    [InlineData("using var o = vit.RunOne([|new float[3]|]);", "3 values are given for 'input', which takes exactly 4")]
    [InlineData("using var o = vit.RunOne([|new float[] { 1, 2, 3, 4, 5 }|]);", "5 values are given for 'input', which takes exactly 4")]
    [InlineData("using var o = vit.RunOne([|new[] { 1f }|]);", "1 values are given for 'input', which takes exactly 4")]
    [InlineData("using var o = vit.RunOne([|[1, 2, 3]|]);", "3 values are given for 'input', which takes exactly 4")]
    [InlineData("using var o = vit.RunOne([|stackalloc float[8]|]);", "8 values are given for 'input', which takes exactly 4")]
    [InlineData("float[] x = new float[2 * 3]; x[0] = 1; using var o = vit.RunOne([|x|]);", "6 values are given for 'input', which takes exactly 4")]
    [InlineData("Span<float> x = stackalloc float[5]; using var o = vit.RunOne([|x|]);", "5 values are given for 'input', which takes exactly 4")]
    [InlineData("float[] x = new float[9]; using var o = vit.RunOne([|x.AsSpan(0, 3)|]);", "3 values are given for 'input', which takes exactly 4")]
    [InlineData("using var o = vit.Run([|new float[3 * 32 * 31]|]);", "2976 values are given for 'input', which takes multiples of 3072")]
    [InlineData("Vit.Preprocess(default, [|new float[3000]|]);", "3000 values are given for 'destination', which takes at least 3072")]
    public async Task Reports_lengths_that_cannot_fit(string statements, string message) =>
        Assert.Equal(message, Assert.Single(await Verify.Reports(Id, Before + statements)).GetMessage());

    [Theory]
    [InlineData("using var o = vit.RunOne(new float[4]);")]
    [InlineData("using var o = vit.RunOne([1, 2, 3, 4]);")]
    [InlineData("float[] more = [1, 2]; using var o = vit.RunOne([1, .. more]);")]
    [InlineData("using var o = vit.Run(new float[2 * Vit.ImageLength]);")]
    [InlineData("using var o = vit.Run(new float[args.Length]);")]
    [InlineData("Vit.Preprocess(default, new float[4000]);")]
    [InlineData("float[] x = new float[3]; x = new float[4]; using var o = vit.RunOne(x);")]
    [InlineData("float[] x = new float[3]; Array.Resize(ref x, 4); using var o = vit.RunOne(x);")]
    [InlineData("float[] x = new float[9]; using var o = vit.RunOne(x.AsSpan(5));")]
    public Task Says_nothing_of_lengths_that_fit_or_are_not_known(string statements) => Verify.IsClean(Before + statements);

    [Fact]
    public Task Fix_writes_the_length() => Verify.Fixed(Id,
        "using Vit vit = new(); using var o = vit.Run(new float[3 * 32 * 31]);",
        "using Vit vit = new(); using var o = vit.Run(new float[3072]);");

    [Fact]
    public Task Fix_rounds_a_batch_up_at_the_declaration() => Verify.Fixed(Id,
        "using Vit vit = new(); float[] x = new float[4000]; using var o = vit.Run(x);",
        "using Vit vit = new(); float[] x = new float[6144]; using var o = vit.Run(x);");

    [Fact]
    public Task Fix_invents_no_values() => Verify.NotFixed(Id, "using Vit vit = new(); using var o = vit.RunOne(new[] { 1f });");
}
