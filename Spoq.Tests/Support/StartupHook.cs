using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

/// <summary>
/// What the runtime calls in a server that a test starts, before its own first line: passwords cost it a moment instead of a fifth
/// of a second of a processor, which some hundred sign-ups of a run would spend on nothing that they are about.
/// </summary>
[SuppressMessage("Design", "CA1050:Declare types in namespaces", Justification = "The runtime looks for it without one.")]
[SuppressMessage("Style", "IDE0130:Namespace does not match folder structure", Justification = "The runtime looks for it without one.")]
internal static class StartupHook
{
    /// <summary>Of the derivation; what it is in earnest is <see cref="Spoq.Infrastructure.Accounts.AccountsSetup"/>'s.</summary>
    public const int Iterations = 100;

    private const string Variable = "DOTNET_STARTUP_HOOKS";

    /// <summary>For the environment of a server that is started.</summary>
    public static (string Name, string Value) Setting => (Variable, typeof(StartupHook).Assembly.Location);

    public static void Initialize()
    {
        // For this process only, not for what it starts.
        Environment.SetEnvironmentVariable(Variable, null);
        DiagnosticListener.AllListeners.Subscribe(new Watch());
    }

    /// <summary>The event that also the framework's own test host waits for.</summary>
    private sealed class Watch : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
            {
                value.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilding", Value: IHostBuilder builder })
            {
                builder.ConfigureServices((_, services) => services.Configure<PasswordHasherOptions>(options => options.IterationCount = Iterations));
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
