using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Metering;

namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>Reads <c>Ai__Upstreams</c>, and says by the name of the variable what is wrong.</summary>
internal static class UpstreamReading
{
    private const long DefaultMaxOutput = 16_384;

    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message names it.</exception>
    public static IReadOnlyList<UpstreamOptions> Read(IConfiguration configuration) =>
        [.. configuration.GetSection("Ai:Upstreams").GetChildren().Select(ReadOne).OrderBy(upstream => upstream.Order)];

    private static UpstreamOptions ReadOne(IConfigurationSection section)
    {
        var form = section["Kind"]?.ToLowerInvariant() switch
        {
            "openai" => AiForm.OpenAi,
            "anthropic" => AiForm.Anthropic,
            var other => throw Wrong(section, "Kind", other is null ? "is missing" : $"is '{other}'", "write openai or anthropic"),
        };
        var name = section["Name"] ?? section.Key;
        if (Encoding.UTF8.GetByteCount(name) > UsageRecord.UpstreamBytes)
        {
            throw Wrong(section, "Name", $"is '{name}'", $"write at most {UsageRecord.UpstreamBytes} bytes");
        }

        var models = section.GetSection("Models").GetChildren().Select(ReadModel).ToList();
        return new UpstreamOptions
        {
            Name = name,
            Form = form,
            BaseUrl = ReadAddress(section, form),
            Key = section["Key"] ?? section["ApiKey"],
            Order = Number(section, "Order", 0),
            MaxConcurrent = Number(section, "MaxConcurrent", 1_000),
            MaxFailures = Math.Max(1, Number(section, "MaxFailures", 5)),
            AnswerTimeout = Seconds(section, "AnswerTimeoutSeconds", 300),
            IdleTimeout = Seconds(section, "IdleTimeoutSeconds", 120),
            Drain = Seconds(section, "DrainSeconds", 0),
            Models = models.Count > 0 ? models : throw Wrong(section, "Models", "is empty", "name at least one model"),
        };
    }

    private static ModelOffer ReadModel(IConfigurationSection section)
    {
        // Models__gpt-5__Input as well as Models__0__Name: the key is the name where none is given.
        var name = section["Name"] ?? (section.Value is { Length: > 0 } bare ? bare : section.Key);
        if (Encoding.UTF8.GetByteCount(name) > UsageRecord.ModelBytes)
        {
            throw Wrong(section, "Name", $"is '{name}'", $"write at most {UsageRecord.ModelBytes} bytes");
        }

        var (input, output) = (Price(section, "Input"), Price(section, "Output"));
        var price = input is { } paid && (output ?? 0) is var made
            ? ModelPrice.Of(paid, Price(section, "CachedInput") ?? paid, Price(section, "CacheWrite") ?? paid, made)
            : null;
        return new ModelOffer(
            name, section["UpstreamName"] ?? name, price, Number(section, "MaxOutput", (int)DefaultMaxOutput), section.GetSection("Plans").Get<string[]>() ?? []);
    }

    /// <summary>In the variable: microdollars for a token, which is dollars for a million. Here: microdollars for a million.</summary>
    private static long? Price(IConfigurationSection section, string name)
    {
        if (section[name] is not { Length: > 0 } text)
        {
            return null;
        }

        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price) && price is >= 0 and < 1_000_000
            ? (long)Math.Round(price * 1_000_000)
            : throw Wrong(section, name, $"is '{text}'", "write microdollars for each token, such as 1.25 for $1.25 a million");
    }

    private static Uri ReadAddress(IConfigurationSection section, AiForm form)
    {
        var text = (section["BaseUrl"] ?? (form == AiForm.OpenAi ? "https://api.openai.com/v1" : "https://api.anthropic.com")).TrimEnd('/');
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw Wrong(section, "BaseUrl", $"is '{text}'", "write an http or https address");
        }

        // Both vendors' libraries differ in where /v1 belongs; either spelling means the same.
        text = form == AiForm.OpenAi && address.AbsolutePath == "/" ? text + "/v1"
            : form == AiForm.Anthropic && text.EndsWith("/v1", StringComparison.Ordinal) ? text[..^3]
            : text;
        return new Uri(text + "/");
    }

    private static TimeSpan Seconds(IConfigurationSection section, string name, int otherwise) => TimeSpan.FromSeconds(Number(section, name, otherwise));

    private static int Number(IConfigurationSection section, string name, int otherwise) =>
        section[name] is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw Wrong(section, name, $"is '{text}'", "write a whole number");

    private static InvalidOperationException Wrong(IConfigurationSection section, string name, string what, string remedy) =>
        new($"{section.Path.Replace(":", "__", StringComparison.Ordinal)}__{name} {what}: {remedy}.");
}
