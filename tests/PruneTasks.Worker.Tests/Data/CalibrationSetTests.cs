using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Tests.Data;

public class CalibrationSetTests
{
    [Fact]
    public void A_batch_holds_samples_of_one_weight()
    {
        LoadedData personal = new LoadedData(Set(0, 5), null).WithWeight(2), common = new(Set(5, 4), null);
        CalibrationSet both = personal.Join(common.Calibration);
        Assert.Equal([(3, 2.0), (2, 2.0), (3, 1.0), (1, 1.0)], both.WeightedBatches(3).Select(batch => (batch.Samples, batch.Weight)));
        Assert.Equal([0f, 1, 2, 3, 4, 5, 6, 7, 8], both.WeightedBatches(3).SelectMany(batch => batch.Inputs[0].ToFloats()));
        // A weight changes no content.
        Assert.Equal(Set(0, 5).ContentHash, personal.Calibration.ContentHash);
    }

    [Fact]
    public void Equal_weights_change_no_batch()
    {
        LoadedData data = new(Set(0, 7), null);
        Assert.Same(data, data.WithWeight(1));
        Assert.Equal([3, 3, 1], data.WithWeight(4).Calibration.WeightedBatches(3).Select(batch => batch.Samples));
    }

    private static CalibrationSet Set(int from, int count) => new(
        [new ModelInput("x", ElementType.Float32, [new(null, "n"), new(1, null)])],
        [.. Enumerable.Range(from, count).Select(i => new Sample($"{i}", [TensorData.Of([1, 1], (float)i)], null))]);
}
