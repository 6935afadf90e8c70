using Microsoft.Extensions.Hosting;

namespace Spoq.Infrastructure.Ops;

/// <summary>With nothing configured, development runs on what a bare machine has. Production gets none of this.</summary>
public static class DevelopmentDefaults
{
    private const string DefaultPort = "5080";

    public static void AddDevelopmentDefaults(this IHostApplicationBuilder builder)
    {
        if (builder.Environment.IsProduction())
        {
            return;
        }

        var configuration = builder.Configuration;
        configuration["PORT"] ??= DefaultPort;
        configuration["Spoq:BaseUrl"] ??= $"http://localhost:{configuration["PORT"]}";
        configuration["Spoq:InstanceDomain"] ??= "localhost";
        configuration["Spoq:DataDirectory"] = Path.GetFullPath(configuration["Spoq:DataDirectory"] ?? Path.Combine(RepositoryRoot(), ".data"));
    }

    /// <summary>Listens on <c>PORT</c>, unless addresses are configured (<c>ASPNETCORE_URLS</c>): loopback only, except in Production.</summary>
    public static void ListenOnPort(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration["PORT"] is { Length: > 0 } port)
        {
            builder.Configuration["urls"] ??= builder.Environment.IsProduction() ? $"http://*:{port}" : $"http://localhost:{port}";
        }
    }

    internal static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Spoq.sln")))
            {
                return folder.FullName;
            }
        }

        return Environment.CurrentDirectory;
    }
}
