using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Worker.Tests.Pipeline;

public class VerificationTests
{
    private static readonly CalibrationSet Set = new(
        [new ModelInput("x", ElementType.Float32, [new(null, "batch"), new(2, null)])],
        [.. Enumerable.Range(0, 5).Select(i => new Sample($"{i}", [TensorData.Of([1, 2], i, 1f)], null))]);

    [Fact]
    public void Equal_models_pass() =>
        Assert.Equal(0, Verification.Check(TestModels.Linear([1, 0, 0, 1], 2, 2), TestModels.Linear([1, 0, 0, 1], 2, 2), Set, 1e-4, 1));

    [Fact]
    public void A_small_difference_is_returned()
    {
        double difference = Verification.Check(TestModels.Linear([1, 0, 0, 1], 2, 2), TestModels.Linear([1, 0, 0, 1.00001f], 2, 2), Set, 1e-4, 1);
        Assert.InRange(difference, 1e-7, 1e-4);
    }

    [Theory]
    [InlineData(2, new[] { 1f, 0, 0, 2 })]
    [InlineData(1, new[] { 1f, 1 })]
    [InlineData(2, new[] { float.NaN, 0, 0, 1 })]
    public void Another_function_or_shape_is_refused(int outputs, float[] weight)
    {
        var problem = Assert.Throws<PruneDiagnosticException>(() =>
            Verification.Check(TestModels.Linear([1, 0, 0, 1], 2, 2), TestModels.Linear(weight, 2, outputs), Set, 1e-4, 1));
        Assert.Equal("PRUNE0410", problem.Diagnostics[0].Id);
    }
}
