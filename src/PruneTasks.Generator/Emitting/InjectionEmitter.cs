using PruneTasks.Generator.Describing;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Emitting;

/// <summary>Registration for dependency injection; only where the app references its abstractions.</summary>
internal static class InjectionEmitter
{
    private const string Services = "global::Microsoft.Extensions.DependencyInjection.IServiceCollection";
    private const string Extensions = "global::Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions";
    private const string Configure = "global::System.Action<global::PruneTasks.ModelOptions>? configure = null";

    public static void Emit(SourceWriter writer, ModelDescription model, string attribute)
    {
        string name = Identifiers.Escape(model.ClassName);
        writer.Doc($"<summary>Registers <see cref=\"{name}\"/> for dependency injection.</summary>");
        writer.Line(attribute).Line($"{model.Access} static class {model.InjectionClass}").Open();
        Method(writer, model, name, keyed: false);
        if (model.References.KeyedServices)
            Method(writer.Line(), model, name, keyed: true);
        writer.Line();
        writer.Line($"private static {name} Create(global::System.Action<global::PruneTasks.ModelOptions>? configure)").Open();
        writer.Line("global::PruneTasks.ModelOptions options = new global::PruneTasks.ModelOptions();");
        writer.Line("configure?.Invoke(options);");
        writer.Line($"return new {name}(options);");
        writer.Close().Close();
    }

    private static void Method(SourceWriter writer, ModelDescription model, string name, bool keyed)
    {
        string suffix = model.ClassName;
        writer.Doc($"<summary>Adds the model as a singleton, both as <see cref=\"{model.Interface}\"/> and as <see cref=\"{name}\"/>{(keyed ? ", under a key: for the same model with other options" : "")}. It is loaded when it is first asked for.</summary>");
        writer.Doc("<param name=\"services\">The services.</param>");
        if (keyed)
            writer.Doc("<param name=\"key\">The key.</param>");
        writer.Doc("<param name=\"configure\">Sets how the model is loaded.</param>");
        string key = keyed ? "object? key, " : "";
        string add = keyed ? "AddKeyedSingleton" : "AddSingleton";
        writer.Line($"public static {Services} Add{(keyed ? "Keyed" : "")}{suffix}(this {Services} services, {key}{Configure})").Open();
        string arguments = keyed ? "services, key, " : "services, ";
        string lambda = keyed ? "(_, _)" : "_";
        writer.Line($"{Extensions}.{add}<{name}>({arguments}{lambda} => Create(configure));");
        string resolve = keyed
            ? $"(provider, same) => global::Microsoft.Extensions.DependencyInjection.ServiceProviderKeyedServiceExtensions.GetRequiredKeyedService<{name}>(provider, same)"
            : $"provider => global::Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<{name}>(provider)";
        writer.Line($"return {Extensions}.{add}<{model.Interface}>({arguments}{resolve});");
        writer.Close();
    }
}
