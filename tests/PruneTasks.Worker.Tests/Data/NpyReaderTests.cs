using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Tests.Data;

public class NpyReaderTests
{
    [Fact]
    public void Reads_shape_type_and_elements()
    {
        TensorData array = NpyReader.Read(TestFiles.NpyFloats("2, 3", 1, 2, 3, 4, 5, 6));
        Assert.Equal(ElementType.Float32, array.Type);
        Assert.Equal([2, 3], array.Shape);
        Assert.Equal([1, 2, 3, 4, 5, 6], array.ToFloats());
    }

    [Fact]
    public void Reads_a_scalar_and_a_vector()
    {
        Assert.Empty(NpyReader.Read(TestFiles.NpyFloats("", 7)).Shape);
        Assert.Equal([3], NpyReader.Read(TestFiles.NpyFloats("3,", 1, 2, 3)).Shape);
    }

    [Fact]
    public void Turns_big_endian_into_little_endian()
    {
        TensorData array = NpyReader.Read(TestFiles.Npy(">i4", "2,", [0, 0, 1, 2, 0xFF, 0xFF, 0xFF, 0xFE]));
        Assert.Equal([258, -2], array.ToInt64s());
    }

    [Fact]
    public void Turns_column_major_into_row_major()
    {
        // Element (i, j, k) is 100 i + 10 j + k; the file runs over i fastest.
        float[] file = [.. from k in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) from i in Enumerable.Range(0, 2) select (100f * i) + (10 * j) + k];
        float[] expected = [.. from i in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) from k in Enumerable.Range(0, 2) select (100f * i) + (10 * j) + k];
        Assert.Equal(expected, NpyReader.Read(TestFiles.Npy("<f4", "2, 3, 2", TestFiles.Bytes(file), fortran: true)).ToFloats());
    }

    [Theory]
    [InlineData("<U4", "element type")]
    [InlineData("|O", "element type")]
    public void Refuses_element_types_without_an_onnx_twin(string description, string expected)
    {
        InvalidDataException problem = Assert.Throws<InvalidDataException>(() => NpyReader.Read(TestFiles.Npy(description, "1,", new byte[16])));
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_file_that_is_cut_off_wherever_it_is_cut()
    {
        byte[] whole = TestFiles.NpyFloats("2, 2", 1, 2, 3, 4);
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<InvalidDataException>(() => NpyReader.Read(whole.AsSpan(0, length)));
    }
}
