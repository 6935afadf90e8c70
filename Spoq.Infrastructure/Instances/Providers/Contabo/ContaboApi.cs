using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Serialization.Metadata;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Contabo;

/// <summary>The calls we use of <c>api.contabo.com</c>. Every answer is a list, also of one.</summary>
internal sealed class ContaboApi(IHttpClientFactory clients, ContaboTokens tokens, TimeProvider clock)
{
    public const string Key = "contabo";

    private const string Instances = "v1/compute/instances";
    private const int PageSize = 100;

    private readonly VendorHttp _http = new(clients, clock, Key, "Contabo");

    /// <param name="displayName">Null: all.</param>
    /// <param name="cancellationToken">Stops between pages too.</param>
    public Task<IReadOnlyList<ContaboInstance>> InstancesAsync(string? displayName, CancellationToken cancellationToken) => ListAsync(
        displayName is null ? Instances + "?" : $"{Instances}?displayName={Uri.EscapeDataString(displayName)}&",
        ContaboJson.Default.ContaboInstances, page => (page.Data, page.Pagination), cancellationToken);

    public async Task<int> CountAsync(CancellationToken cancellationToken) =>
        (int)((await SendAsync(HttpMethod.Get, $"{Instances}?page=1&size=1", null, cancellationToken)).Read(ContaboJson.Default.ContaboInstances).Pagination?.TotalElements ?? 0);

    /// <summary>Null: there is none with this id (any more).</summary>
    public async Task<ContaboInstance?> InstanceAsync(string reference, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, $"{Instances}/{reference}", null, cancellationToken);
        return answer.IsMissing ? null : answer.Read(ContaboJson.Default.ContaboInstances).Data is [var only, ..] ? only : throw Unclear();
    }

    public Task<IReadOnlyList<ContaboImage>> ImagesAsync(CancellationToken cancellationToken) =>
        ListAsync("v1/compute/images?standardImage=true&", ContaboJson.Default.ContaboImages, page => (page.Data, page.Pagination), cancellationToken);

    public async Task<ContaboInstance> OrderAsync(ContaboOrder order, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Post, Instances, VendorHttp.Body(order, ContaboJson.Default.ContaboOrder), cancellationToken)).Read(ContaboJson.Default.ContaboInstances).Data is [var only, ..] ? only : throw Unclear();

    /// <param name="reference">The instance's.</param>
    /// <param name="action"><c>start</c>, <c>shutdown</c> or <c>stop</c>.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    public async Task ActAsync(string reference, string action, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Post, $"{Instances}/{reference}/actions/{action}", null, cancellationToken)).Require();

    public async Task ReinstallAsync(string reference, ContaboReinstall reinstall, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Put, $"{Instances}/{reference}", VendorHttp.Body(reinstall, ContaboJson.Default.ContaboReinstall), cancellationToken)).Require();

    public async Task RenameAsync(string reference, string displayName, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Patch, $"{Instances}/{reference}", VendorHttp.Body(new ContaboRename(displayName), ContaboJson.Default.ContaboRename), cancellationToken)).Require();

    /// <summary>The day on which it ends; null: this one cannot be cancelled here, whatever the reason.</summary>
    public async Task<string?> CancelAsync(string reference, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Post, $"{Instances}/{reference}/cancel", VendorHttp.Body(new ContaboCancel(), ContaboJson.Default.ContaboCancel), cancellationToken);
        return answer.Status == HttpStatusCode.UnprocessableEntity ? null : answer.Read(ContaboJson.Default.ContaboInstances).Data is [{ CancelDate: { } date }, ..] ? date : throw Unclear();
    }

    public Task<IReadOnlyList<ContaboSecret>> SecretsAsync(string name, CancellationToken cancellationToken) =>
        ListAsync($"v1/secrets?name={Uri.EscapeDataString(name)}&", ContaboJson.Default.ContaboSecrets, page => (page.Data, page.Pagination), cancellationToken);

    public async Task<long> AddSecretAsync(ContaboNewSecret secret, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Post, "v1/secrets", VendorHttp.Body(secret, ContaboJson.Default.ContaboNewSecret), cancellationToken)).Read(ContaboJson.Default.ContaboSecrets).Data is [{ SecretId: { } id }, ..] ? (long)id : throw Unclear();

    public async Task RemoveSecretAsync(long id, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Delete, $"v1/secrets/{id.ToString(CultureInfo.InvariantCulture)}", null, cancellationToken);
        if (!answer.IsMissing)
        {
            answer.Require();
        }
    }

    private async Task<IReadOnlyList<T>> ListAsync<TPage, T>(string path, JsonTypeInfo<TPage> type, Func<TPage, (T[]?, ContaboPagination?)> read, CancellationToken cancellationToken)
        where TPage : class
    {
        var all = new List<T>();
        for (var page = 1; page <= 100; page++)
        {
            var (data, pagination) = read((await SendAsync(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"{path}page={page}&size={PageSize}"), null, cancellationToken)).Read(type));
            all.AddRange(data ?? throw Unclear());
            if (page >= (pagination?.TotalPages ?? 1))
            {
                break;
            }
        }

        return all;
    }

    private async Task<VendorAnswer> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        var token = await tokens.GetAsync(null, cancellationToken);
        var bytes = body is null ? null : await body.ReadAsByteArrayAsync(cancellationToken);
        var answer = await SendAsync(method, path, bytes, token, cancellationToken);
        return answer.Status == HttpStatusCode.Unauthorized
            ? await SendAsync(method, path, bytes, await tokens.GetAsync(token, cancellationToken), cancellationToken)
            : answer;
    }

    private async Task<VendorAnswer> SendAsync(HttpMethod method, string path, byte[]? body, string token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        // For the vendor's support only: a repeated one does not make a call safe.
        request.Headers.Add("x-request-id", Guid.NewGuid().ToString());
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        return await _http.SendAsync(request, cancellationToken);
    }

    private static ProviderException Unclear() => new("Contabo answers something else than it should.") { Code = "provider_unreadable", WaitFor = TimeSpan.FromSeconds(15) };
}
