namespace PruneTasks.Benchmarks.Convolutions;

/// <summary>A trained convolutional network, and images to split into some to calibrate on and others to measure on.</summary>
/// <param name="Name">For tables.</param>
/// <param name="Model">The ONNX file.</param>
/// <param name="Image">Section <c>image</c> of the spec.</param>
/// <param name="Images">Folder of images.</param>
/// <param name="Fit">Images to calibrate on, those held back among them.</param>
/// <param name="Test">Images to measure on.</param>
/// <param name="IsClassifier">The first output holds class scores; else all outputs are compared by their numbers.</param>
internal sealed record ConvolutionSubject(string Name, string Model, string Image, string Images, int Fit, int Test, bool IsClassifier)
{
    /// <summary>The networks of ../shared, and further ones that <paramref name="extra"/> names.</summary>
    /// <param name="shared">../shared.</param>
    /// <param name="extra">ONNX files that read photographs of 224 by 224 pixels, RGB less its mean, from 0 to 255, and give features.</param>
    public static IReadOnlyList<ConvolutionSubject> All(string shared, IReadOnlyList<string> extra)
    {
        string photographs = Path.Combine(shared, "data", "imagenet-samples"), squeezenet = File("winml-squeezenet-fp16/SqueezeNet_fp16.onnx");
        const string Bgr = "color: bgr, scale: 1, mean: [103.94, 116.78, 123.68]";
        return
        [
            new("squeezenet", squeezenet, $"{{ size: [224, 224], {Bgr}, interpolation: bilinear }}", photographs, 70, 30, true),
            new("squeezenet, CIFAR", squeezenet, $"{{ size: [224, 224], {Bgr}, resize: stretch }}", Path.Combine(shared, "data", "cifar10", "train"), 256, 256, true),
            new("ultraface", File("ultraface-rfb320-simplified/version-RFB-320_simplified.onnx"), "{ size: [240, 320], scale: 1, mean: [127], std: [128], resize: stretch }", photographs, 70, 30, false),
            new("fastestdet", File("fastestdet/FastestDet.onnx"), "{ size: [352, 352], color: bgr, resize: stretch }", photographs, 70, 30, false),
            new("mnist-cnn", File("rten-mnist/mnist.onnx"), "{ size: [28, 28], color: gray, mean: [0.1307], std: [0.3081] }", Path.Combine(shared, "data", "mnist", "train"), 256, 300, true),
            .. extra.Select(file => new ConvolutionSubject(Path.GetFileNameWithoutExtension(file), file, "{ size: [224, 224], color: rgb, scale: 1, mean: [123.68, 116.78, 103.94], interpolation: bilinear }", photographs, 70, 30, false)),
        ];

        string File(string path) => Path.Combine([shared, "models", .. path.Split('/')]);
    }
}
