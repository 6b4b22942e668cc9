using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Manifest;

namespace PruneTasks.Generator.Emitting;

/// <summary>Classify and Preprocess of an image classifier.</summary>
internal static class ClassifierEmitter
{
    private const string Imaging = "global::PruneTasks.Imaging.";
    private const string Task = "global::System.Threading.Tasks.Task";
    private const string Token = "global::System.Threading.CancellationToken cancellationToken = default";

    public static void EmitFields(SourceWriter writer, ModelDescription model)
    {
        ClassifierDescription classifier = model.Classifier!;
        ImageFacts image = classifier.Image;
        string type = InputType(model);
        writer.Line($"private static readonly {Imaging}ImagePreprocessor<{type}> _preprocessor = new {Imaging}ImagePreprocessor<{type}>(");
        writer.Continued($"new {Imaging}ImageSettings");
        writer.Continued("{");
        writer.Continued($"    Width = {image.Width},");
        writer.Continued($"    Height = {image.Height},");
        writer.Continued($"    Color = {Imaging}ImageColor.{Member(image.Color)},");
        writer.Continued($"    Layout = {Imaging}ImageLayout.{Member(image.Layout)},");
        writer.Continued($"    Scale = {Literals.Number(image.Scale)},");
        writer.Continued($"    Mean = {Numbers(image.Mean)},");
        writer.Continued($"    Std = {Numbers(image.Std)},");
        writer.Continued($"    Resize = {Imaging}ImageResize.{Member(image.Resize)},");
        writer.Continued($"    Interpolation = {Imaging}ImageInterpolation.{Member(image.Interpolation)},");
        if (image.Pad != 0)
            writer.Continued($"    Pad = {image.Pad},");
        writer.Continued($"    Crop = {Imaging}ImageCrop.{Member(image.Crop)},");
        writer.Continued("});").Line();
        writer.Line($"private readonly {Classifier(model)} _classifier;").Line();
        Constant(writer, "Width of the model's image in pixels.", "ImageWidth", image.Width);
        Constant(writer, "Height of the model's image in pixels.", "ImageHeight", image.Height);
        Constant(writer, "Values that <see cref=\"Preprocess\"/> writes: channels · height · width.", "ImageLength", ImageLength(model));
        if (model.Labels.Count > 0)
            Constant(writer, "Number of classes.", "LabelCount", model.Labels.Count);
    }

    public static void EmitConstruction(SourceWriter writer, ModelDescription model)
    {
        ClassifierDescription classifier = model.Classifier!;
        writer.Line($"_classifier = new {Classifier(model)}(");
        writer.Continued($"_engine, _preprocessor, new int[] {{ {Literals.List(classifier.Axes)} }}, {classifier.Output}, {model.Labels.Count});");
    }

    /// <summary>The calls with their documentation, for the interface.</summary>
    public static void EmitDeclarations(SourceWriter writer, ModelDescription model)
    {
        writer.Doc("<summary>The best class of an image of any size.</summary>");
        CallDocs(writer);
        writer.Line($"{Best(model)};").Line();
        writer.Doc("<summary>The best classes of an image of any size, best first.</summary>");
        writer.Doc("<param name=\"destination\">Takes as many classes as it is long.</param>");
        CallDocs(writer);
        writer.Doc("<returns>Classes written: less than asked for only when the model has fewer.</returns>");
        writer.Line($"{Top(model)};").Line();
        writer.Doc("<summary>The best class of an image of any size, found on a thread of the pool.</summary>");
        CallDocs(writer);
        writer.Line($"{BestLater(model)};").Line();
        writer.Doc("<summary>The best classes of an image of any size, best first, found on a thread of the pool.</summary>");
        writer.Doc("<param name=\"destination\">Takes as many classes as it is long; not to be read before the task has ended.</param>");
        CallDocs(writer);
        writer.Doc("<returns>Classes written: less than asked for only when the model has fewer.</returns>");
        writer.Line($"{TopLater(model)};").Line();
    }

    public static void EmitMethods(SourceWriter writer, ModelDescription model)
    {
        Forward(writer, Best(model), "Classify(image, cancellationToken)");
        Forward(writer, Top(model), "Classify(image, destination, cancellationToken)");
        Forward(writer, BestLater(model), "ClassifyAsync(image, cancellationToken)");
        Forward(writer, TopLater(model), "ClassifyAsync(image, destination, cancellationToken)");
        writer.Doc("<summary>Writes the model's input for one image: colour, resize, crop, scale, mean and std as the spec says.</summary>");
        writer.Doc("<param name=\"image\">An image of any size.</param>");
        writer.Doc("<param name=\"destination\">At least <see cref=\"ImageLength\"/> values.</param>");
        writer.Doc("<exception cref=\"global::System.ArgumentException\">The destination is too short, or the image cannot be brought to the model's size.</exception>");
        writer.Line($"public static void Preprocess(global::PruneTasks.PixelSpan image, {Marks.Length(ImageLength(model), "AtLeast")}global::System.Span<{InputType(model)}> destination) =>");
        writer.Continued("_preprocessor.Run(image.Pixels, image.Width, image.Height, image.Stride, image.Format, destination);").Line();
    }

    private static string Best(ModelDescription model) => $"{Prediction(model)} Classify(global::PruneTasks.PixelSpan image, {Token})";

    private static string Top(ModelDescription model) =>
        $"int Classify(global::PruneTasks.PixelSpan image, global::System.Span<{Prediction(model)}> destination, {Token})";

    private static string BestLater(ModelDescription model) => $"{Task}<{Prediction(model)}> ClassifyAsync(global::PruneTasks.PixelMemory image, {Token})";

    private static string TopLater(ModelDescription model) =>
        $"{Task}<int> ClassifyAsync(global::PruneTasks.PixelMemory image, global::System.Memory<{Prediction(model)}> destination, {Token})";

    private static void Forward(SourceWriter writer, string signature, string call) =>
        writer.Doc("<inheritdoc/>").Line($"public {signature} =>").Continued($"_classifier.{call};").Line();

    private static string Prediction(ModelDescription model) => $"global::PruneTasks.Prediction<{Label(model)}>";

    private static void CallDocs(SourceWriter writer)
    {
        writer.Doc("<param name=\"image\">The image.</param>");
        writer.Doc("<param name=\"cancellationToken\">Stops this call between two operators of the model, and no other call.</param>");
        writer.Doc("<exception cref=\"global::PruneTasks.ModelException\">The model failed, or gave another number of scores than there are classes.</exception>");
        writer.Doc("<exception cref=\"global::System.ArgumentException\">The image cannot be brought to the model's size.</exception>");
        writer.Doc("<exception cref=\"global::System.OperationCanceledException\">The call was cancelled.</exception>");
        writer.Doc("<exception cref=\"global::System.ObjectDisposedException\">This object was disposed.</exception>");
    }

    private static void Constant(SourceWriter writer, string summary, string name, int value) =>
        writer.Doc($"<summary>{summary}</summary>").Line($"public const int {name} = {value};").Line();

    private static string Classifier(ModelDescription model) =>
        $"global::PruneTasks.Runtime.ImageClassifier<{InputType(model)}, {model.Outputs[model.Classifier!.Output].CSharpType}, {Label(model)}>";

    private static int ImageLength(ModelDescription model) =>
        model.Classifier!.Image.Width * model.Classifier.Image.Height * model.Classifier.Image.Channels;

    private static string InputType(ModelDescription model) => model.Inputs[0].CSharpType;

    private static string Label(ModelDescription model) => model.Labels.Count > 0 ? model.LabelEnum : "int";

    private static string Numbers(EquatableArray<double> values)
    {
        if (values.Count == 0)
            return "global::System.Array.Empty<double>()";
        string[] numbers = new string[values.Count];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = Literals.Number(values[i]);
        return "new double[] { " + string.Join(", ", numbers) + " }";
    }

    /// <summary>The runtime's enums are called as the spec's words, in PascalCase.</summary>
    private static string Member(string word) =>
        string.Concat(word.Split('-').Select(part => char.ToUpperInvariant(part[0]) + part.Substring(1)));
}
