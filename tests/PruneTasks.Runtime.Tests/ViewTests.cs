namespace PruneTasks.Runtime.Tests;

public sealed class ViewTests
{
    [Fact]
    public void A_view_whose_values_do_not_fill_its_shape_is_refused()
    {
        Assert.Contains("[2, 3]", Assert.Throws<ArgumentException>(() => { _ = new TensorView<float>(new float[5], [2, 3]); }).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = new TensorView<float>(new float[6], [2, 3])[2]; });
        Assert.Throws<InvalidOperationException>(() => { _ = new TensorView<float>(new float[1], [])[0]; });
    }

    [Theory]
    [InlineData(12, new[] { 2, -1 }, 6)]
    [InlineData(0, new[] { 2, -1 }, 0)]
    [InlineData(0, new[] { 0, -1 }, 0)]
    public void One_open_axis_follows_from_the_length(int length, int[] shape, int expected) =>
        Assert.Equal(expected, ModelShapes.Infer("x", "n", length, shape));

    [Theory]
    [InlineData(13, new[] { 2, -1 })]
    [InlineData(13, new[] { 0, -1 })]
    [InlineData(12, new[] { -1, -1 })]
    [InlineData(12, new[] { -3, -1 })]
    public void A_length_that_does_not_divide_is_refused_with_the_axis(int length, int[] shape)
    {
        ModelException exception = Assert.Throws<ModelException>(() => ModelShapes.Infer("x", "n", length, shape));
        Assert.Equal((ModelErrorKind.Shape, "x"), (exception.Kind, exception.TensorName));
    }

    [Fact]
    public void Pixels_that_do_not_fill_the_image_are_refused()
    {
        Assert.Throws<ArgumentException>(() => { _ = new PixelSpan(new byte[11], 2, 2, PixelFormat.Rgb24); });
        Assert.Throws<ArgumentException>(() => { _ = new PixelSpan(new byte[12], 2, 2, 5, PixelFormat.Rgb24); });
        PixelSpan image = new(new byte[12], 2, 2, PixelFormat.Bgr24);
        Assert.Equal((2, 2, 6, PixelFormat.Bgr24), (image.Width, image.Height, image.Stride, image.Format));
    }

    [Fact]
    public void Pixels_that_outlive_a_call_are_checked_when_they_are_given()
    {
        Assert.Throws<ArgumentException>(() => { _ = new PixelMemory(new byte[11], 2, 2, PixelFormat.Rgb24); });
        Assert.Throws<ArgumentException>(() => { _ = new PixelMemory(new byte[12], 2, 2, 5, PixelFormat.Rgb24); });
        Assert.ThrowsAny<ArgumentException>(() => { _ = default(PixelMemory).Span; });
        PixelSpan image = new PixelMemory(new byte[15], 2, 2, 8, PixelFormat.Bgr24).Span;
        Assert.Equal((15, 2, 2, 8, PixelFormat.Bgr24), (image.Pixels.Length, image.Width, image.Height, image.Stride, image.Format));
    }
}
