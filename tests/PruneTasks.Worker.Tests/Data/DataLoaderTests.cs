using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Tests.Data;

public sealed class DataLoaderTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private readonly List<PruneDiagnostic> _diagnostics = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_image_folder_gives_preprocessed_images_and_their_classes()
    {
        _folder.Write("data/red/1.bmp", TestFiles.Bmp(4, 4, 255, 0, 0));
        _folder.Write("data/blue/deep/2.bmp", TestFiles.Bmp(8, 4, 0, 0, 255));
        CalibrationSet set = DataLoader.Load(Images(["red", "green", "blue"]), null, 0, _diagnostics).Calibration;
        Sample blue = Assert.Single(set.Samples, sample => sample.Label == 2);
        Assert.Equal("blue/deep/2.bmp", blue.Source);
        Assert.Equal([1, 3, 4, 4], blue.Inputs[0].Shape);
        // Means 0.5 and deviations 0.5: black is -1, full is 1.
        Assert.Equal([-1, -1, 1], Enumerable.Range(0, 3).Select(channel => blue.Inputs[0].ToFloats()[16 * channel]));
        Assert.Empty(_diagnostics);
    }

    [Fact]
    public void An_image_that_does_not_decode_is_named_skipped_and_replaced()
    {
        for (int i = 0; i < 6; i++) _folder.Write($"data/{i}.bmp", TestFiles.Bmp(4, 4, (byte)i, 0, 0));
        _folder.Write("data/bad.png", "no image");
        _folder.Write("data/pointer.jpg", "version https://git-lfs.github.com/spec/v1\n");
        CalibrationSet set = DataLoader.Load(Images(), null, 0, _diagnostics).Calibration;
        Assert.Equal(6, set.Count);
        Assert.All(_diagnostics, diagnostic => Assert.Equal("PRUNE0022", diagnostic.Id));
        Assert.Equal([_folder.File("data/bad.png"), _folder.File("data/pointer.jpg")], _diagnostics.Select(diagnostic => diagnostic.File!).Order(StringComparer.Ordinal));
        Assert.Contains(_diagnostics, diagnostic => diagnostic.Message.Contains("git lfs pull", StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_in_which_no_image_decodes_is_an_error()
    {
        _folder.Write("data/bad.png", "no image");
        Assert.Equal("PRUNE0023", Fails(Images()));
    }

    [Fact]
    public void A_folder_without_data_or_with_two_kinds_is_an_error()
    {
        Assert.Equal("PRUNE0020", Fails(Images()));
        _folder.Write("data/readme.txt", "nothing");
        Assert.Equal("PRUNE0021", Fails(Images()));
        _folder.Write("data/1.bmp", TestFiles.Bmp(4, 4, 0, 0, 0));
        _folder.Write("data/1.npz", TestFiles.Npz(("x", TestFiles.NpyFloats("1, 2", 1, 2))));
        Assert.Equal("PRUNE0024", Fails(Images()));
    }

    [Fact]
    public void Images_for_a_model_of_another_size_are_an_error_at_the_image_section()
    {
        _folder.Write("data/1.bmp", TestFiles.Bmp(4, 4, 0, 0, 0));
        DataRequest request = Images() with { Inputs = [new ModelInput("image", ElementType.Float32, [new(null, "batch"), new(3, null), new(8, null), new(8, null)])] };
        PruneDiagnosticException problem = Assert.Throws<PruneDiagnosticException>(() => DataLoader.Open(request));
        PruneDiagnostic diagnostic = Assert.Single(problem.Diagnostics);
        Assert.Equal(("PRUNE0108", 7), (diagnostic.Id, diagnostic.Line));
    }

    [Fact]
    public void Arrays_are_matched_by_name_and_cut_along_the_first_axis()
    {
        _folder.Write("data.npz", TestFiles.Npz(
            ("logits", TestFiles.NpyFloats("3, 1", 9, 9, 9)),
            ("x", TestFiles.NpyFloats("3, 2", 1, 2, 3, 4, 5, 6)),
            ("labels", TestFiles.NpyInt64s("3,", 0, 1, 0))));
        CalibrationSet set = DataLoader.Load(Vectors("data.npz"), null, 0, _diagnostics).Calibration;
        Sample second = Assert.Single(set.Samples, sample => sample.Source == "data.npz#1");
        Assert.Equal(1, second.Label);
        Assert.Equal([1, 2], second.Inputs[0].Shape);
        Assert.Equal([3, 4], second.Inputs[0].ToFloats());
    }

    [Fact]
    public void The_only_array_fills_the_only_input_and_takes_its_element_type()
    {
        _folder.Write("data/a.npz", TestFiles.Npz(("anything", TestFiles.Npy("<f8", "1, 2", [.. BitConverter.GetBytes(0.5), .. BitConverter.GetBytes(2.0)]))));
        _folder.Write("data/b.npy", TestFiles.NpyFloats("1, 2", 3, 4));
        CalibrationSet set = DataLoader.Load(Vectors("data"), null, 0, _diagnostics).Calibration;
        Assert.Equal([[0.5f, 2], [3, 4]], set.Samples.OrderBy(sample => sample.Source, StringComparer.Ordinal).Select(sample => sample.Inputs[0].ToFloats()));
    }

    [Theory]
    [InlineData("3, 4", "<f4")]
    [InlineData("6, 2", "<i4")]
    public void Arrays_of_another_shape_or_kind_are_an_error(string shape, string type)
    {
        _folder.Write("data.npz", TestFiles.Npz(("x", TestFiles.Npy(type, shape, new byte[48]))));
        Assert.Equal("PRUNE0024", Fails(Vectors("data.npz")));
    }

    [Fact]
    public void A_broken_archive_is_an_error()
    {
        _folder.Write("data.npz", "no archive");
        Assert.Equal("PRUNE0025", Fails(Vectors("data.npz")));
    }

    [Fact]
    public void Onnx_test_sets_are_samples()
    {
        _folder.Write("data/test_data_set_0/input_0.pb", TestFiles.TensorProto([1, 2], 1, 2));
        _folder.Write("data/test_data_set_0/output_0.pb", TestFiles.TensorProto([1, 2], 0, 0));
        _folder.Write("data/test_data_set_1/input_0.pb", TestFiles.TensorProto([2, 2], 3, 4, 5, 6));
        CalibrationSet set = DataLoader.Load(Vectors("data"), null, 0, _diagnostics).Calibration;
        Assert.Equal(
            [("test_data_set_0", "1,2"), ("test_data_set_1#0", "3,4"), ("test_data_set_1#1", "5,6")],
            set.Samples.Select(sample => (sample.Source, string.Join(',', sample.Inputs[0].ToFloats()))).Order());
    }

    [Fact]
    public void Samples_are_held_back_and_never_used_to_decide()
    {
        for (int i = 0; i < 60; i++) _folder.Write($"data/{i:00}.bmp", TestFiles.Bmp(4, 4, (byte)i, 0, 0));
        _folder.Write("data/twin.bmp", TestFiles.Bmp(4, 4, 0, 0, 0));
        LoadedData data = DataLoader.Load(Images(), 40, 20, _diagnostics);
        Assert.Equal(40, data.Calibration.Count);
        Assert.InRange(data.HoldOut!.Count, 19, 20);
        Assert.Empty(data.Calibration.SampleHashes.Select(Convert.ToHexString).Intersect(data.HoldOut.SampleHashes.Select(Convert.ToHexString)));
    }

    [Theory]
    [InlineData(61, 256, 64, 54, 7)]
    [InlineData(15, 256, 64, 15, 0)]
    [InlineData(61, 61, 4, 57, 4)]
    public void Small_data_is_divided(int images, int samples, int holdOut, int used, int held)
    {
        for (int i = 0; i < images; i++) _folder.Write($"data/{i:00}.bmp", TestFiles.Bmp(4, 4, (byte)i, 0, 0));
        LoadedData data = DataLoader.Load(Images(), samples, holdOut, _diagnostics);
        Assert.Equal((used, held), (data.Calibration.Count, data.HoldOut?.Count ?? 0));
    }

    [Fact]
    public void Common_samples_join_after_the_personal_ones_without_what_was_held_back()
    {
        for (int i = 0; i < 30; i++) _folder.Write($"data/{i:00}.bmp", TestFiles.Bmp(4, 4, (byte)i, 0, 0));
        LoadedData data = DataLoader.Load(Images(), 20, 10, _diagnostics);
        for (int i = 0; i < 45; i++) _folder.Write($"all/{i:00}.bmp", TestFiles.Bmp(4, 4, (byte)i, 0, 0));
        CalibrationSet all = DataLoader.Load(Images() with { FullPath = _folder.File("all") }, null, 0, _diagnostics).Calibration;
        CalibrationSet joined = data.Join(all);
        Assert.Equal(20 + 15, joined.Count);
        Assert.Equal(data.Calibration.Samples, joined.Samples.Take(20));
        Assert.Empty(joined.SampleHashes.Select(Convert.ToHexString).Intersect(data.HoldOut!.SampleHashes.Select(Convert.ToHexString)));
        Assert.NotEqual(data.Calibration.ContentHash, joined.ContentHash);
    }

    [Fact]
    public void The_content_hash_tells_order_and_content_and_nothing_else()
    {
        for (int i = 0; i < 20; i++) _folder.Write($"data/{i:00}.bmp", TestFiles.Bmp(4, 4, (byte)i, 0, 0));
        string Hash(int seed) => DataLoader.Load(Images() with { Seed = seed }, 10, 0, _diagnostics).Calibration.ContentHash;
        Assert.Equal(Hash(1), Hash(1));
        Assert.NotEqual(Hash(1), Hash(2));
    }

    [Theory]
    [InlineData("data/cifar10/train", 2560, 32, "rgb")]
    [InlineData("data/cifar10/test", 2000, 32, "rgb")]
    [InlineData("data/mnist/test", 1000, 28, "gray")]
    [InlineData("data/imagenet-samples", 100, 224, "rgb")]
    public void Every_real_image_decodes(string path, int count, int size, string color)
    {
        Assert.SkipUnless(SharedData.Folder is not null, SharedData.Missing);
        DataRequest request = Images() with
        {
            FullPath = SharedData.Path(path),
            Image = Section(size) with { Color = color, Mean = [0], Std = [1] },
            Inputs = [new ModelInput("image", ElementType.Float32, [new(null, "batch"), new(color == "gray" ? 1 : 3, null), new(size, null), new(size, null)])],
            Classes = 10,
        };
        int read = DataLoader.Open(request).Read(_diagnostics).Count(sample => sample.Label is not null || path.Contains("imagenet", StringComparison.Ordinal));
        Assert.Equal(count, read);
        Assert.Empty(_diagnostics);
    }

    private string Fails(DataRequest request)
    {
        PruneDiagnosticException problem = Assert.Throws<PruneDiagnosticException>(() => DataLoader.Load(request, null, 0, _diagnostics));
        PruneDiagnostic error = Assert.Single(problem.Diagnostics);
        Assert.True(error.IsError);
        Assert.Equal(("test.prune.yaml", 5), (error.File, error.Line));
        return error.Id;
    }

    private static ImageSpec Section(int size) => new()
    {
        Width = size, Height = size, Color = "rgb", Layout = "nchw", Scale = 1 / 255.0, Mean = [0.5, 0.5, 0.5], Std = [0.5, 0.5, 0.5],
        Resize = "shortest-edge", Interpolation = "bilinear", Crop = "center",
    };

    private DataRequest Images(IReadOnlyList<string>? labels = null) => new()
    {
        Key = "data.personal", SpecFile = "test.prune.yaml", Span = new(5, 9, 5, 20), Path = "data", FullPath = _folder.File("data"), Seed = 42,
        Image = Section(4), ImageSpan = new(7, 1, 7, 6), Labels = labels,
        Inputs = [new ModelInput("image", ElementType.Float32, [new(null, "batch"), new(3, null), new(4, null), new(4, null)])],
    };

    private DataRequest Vectors(string path) => new()
    {
        Key = "data.personal", SpecFile = "test.prune.yaml", Span = new(5, 9, 5, 20), Path = path, FullPath = _folder.File(path), Seed = 42,
        Inputs = [new ModelInput("x", ElementType.Float32, [new(null, "batch"), new(2, null)])],
    };
}
