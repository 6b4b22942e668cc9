using PruneTasks.Onnx;
using PruneTasks.Testing.Tokens;
using PruneTasks.Worker.Data;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>The trained models of ../shared, and the calibration and test files made for those that read tokens.</summary>
internal sealed class Subjects
{
    private const int Window = 128, CalibrationWindows = 512, TestWindows = 96;

    private readonly string _models;
    private readonly string _data;
    private readonly string _work;

    /// <param name="shared">../shared.</param>
    /// <param name="work">Where token files go.</param>
    public Subjects(string shared, string work)
    {
        (_models, _data, _work) = (Path.Combine(shared, "models"), Path.Combine(shared, "data"), work);
        Cifar = new Subject(
            "vit-cifar10-811k", Path.Combine(_models, "vit-cifar10-811k", "vit_cifar10_postnorm_relu_op17.onnx"), "image-classification",
            "image: { size: [32, 32], mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.2010] }\nlabels: [" + string.Join(", ", CifarClasses) + "]",
            Path.Combine(_data, "cifar10", "train"), Path.Combine(_data, "cifar10", "test"), 256);
    }

    /// <summary>Labels in the order of the scores.</summary>
    public static string[] CifarClasses { get; } = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>The measuring stick.</summary>
    public Subject Cifar { get; }

    /// <summary>The other models.</summary>
    public IReadOnlyList<Subject> Others() => [Mnist(), Stories(), TextEncoder()];

    private Subject Mnist() => new(
        "vit-mnist-einsum-502k", Path.Combine(_models, "vit-mnist-einsum-502k", "vit_mnist_einsum_op17.onnx"), "image-classification",
        "image: { size: [28, 28], color: gray, mean: [0.1307], std: [0.3081] }", Path.Combine(_data, "mnist", "train"), Path.Combine(_data, "mnist", "test"), 256);

    /// <summary>Windows of the text: the first nine tenths to calibrate on, the rest to measure on.</summary>
    private Subject Stories()
    {
        string folder = Path.Combine(_models, "stories260K"), calibration = Path.Combine(_work, "stories-calibration.npz"), test = Path.Combine(_work, "stories-test.npz");
        if (!File.Exists(test))
        {
            string text = File.ReadAllText(Path.Combine(_data, "tinyshakespeare", "input.txt"));
            var tokenizer = new StoriesTokenizer(File.ReadAllBytes(Path.Combine(folder, "tok512.bin")));
            int cut = text.Length / 10 * 9;
            Windows(tokenizer, text[..cut], CalibrationWindows, calibration);
            Windows(tokenizer, text[cut..], TestWindows, test);
        }
        return new Subject("stories260K", Path.Combine(folder, "stories260K_op17.onnx"), "causal-lm", "", calibration, test, 256);
    }

    /// <summary>Windows spread evenly over the text, each with the token for the beginning in front.</summary>
    private static void Windows(StoriesTokenizer tokenizer, string text, int count, string file)
    {
        var ids = new long[count * Window];
        for (int i = 0; i < count; i++)
        {
            // A token has seldom more than four letters.
            int from = (int)((long)(text.Length - (6 * Window)) * i / count);
            IReadOnlyList<int> tokens = tokenizer.Encode(text.Substring(from, 6 * Window));
            for (int t = 0; t < Window; t++) ids[(i * Window) + t] = tokens[t];
        }
        NpzWriter.Write(file, new NpzArray("input_ids", [count, Window], ids));
    }

    /// <summary>The generated sentences beside the model: the first half to calibrate on; of the second half what is not in the first.</summary>
    private Subject TextEncoder()
    {
        string folder = Path.Combine(_models, "text-encoder-toy-102k"), calibration = Path.Combine(_work, "text-calibration.npz"), test = Path.Combine(_work, "text-test.npz");
        if (!File.Exists(test))
        {
            using FileStream file = File.OpenRead(Path.Combine(folder, "expected.npz"));
            Dictionary<string, TensorData> arrays = NpzReader.Read(file).ToDictionary(a => a.Key, a => a.Value);
            long[] ids = arrays["input_ids"].ToInt64s(), labels = arrays["labels"].ToInt64s();
            int width = (int)arrays["input_ids"].Shape[1], half = labels.Length / 2;
            string Text(int i) => string.Join(' ', ids[(i * width)..((i + 1) * width)]);
            HashSet<string> known = [.. Enumerable.Range(0, half).Select(Text)];
            Save(calibration, [.. Enumerable.Range(0, half)]);
            Save(test, [.. Enumerable.Range(half, labels.Length - half).Where(i => !known.Contains(Text(i)))]);

            void Save(string to, int[] rows) => NpzWriter.Write(
                to, new NpzArray("input_ids", [rows.Length, width], [.. rows.SelectMany(i => ids[(i * width)..((i + 1) * width)])]),
                new NpzArray("labels", [rows.Length], [.. rows.Select(i => labels[i])]));
        }
        return new Subject("text-encoder-toy", Path.Combine(folder, "text_encoder_toy_op17.onnx"), "text-classification", "", calibration, test, 256);
    }
}
